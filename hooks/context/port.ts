/** A port that a unit serves on, 1 to 65535. (A type and not an interface, so that it counts as plain JSON.) */
export type Port = { readonly number: number; readonly protocol: 'tcp' | 'udp' };

/** Reads `80`, `80/tcp` or `53/udp`; nothing where it is none of these. */
export function parsePort(text: string): Port | undefined {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/i.exec(text);
  const number = Number(match?.[1]);
  if (!match || number < 1 || number > 65_535) return undefined;
  return { number, protocol: match[2]?.toLowerCase() === 'udp' ? 'udp' : 'tcp' };
}

/** e.g. `80/tcp` */
export function formatPort(port: Port): string {
  return `${port.number}/${port.protocol}`;
}

/** A successful hook's changes to its unit's open ports; no port is in both. */
export interface PortChanges {
  readonly opened: readonly Port[];
  readonly closed: readonly Port[];
}

/** The ports that are open after `changes`, by number; each once. */
export function applyPortChanges(ports: readonly Port[], changes: PortChanges): Port[] {
  const closed = new Set(changes.closed.map(formatPort));
  const open = [...ports, ...changes.opened].filter((port) => !closed.has(formatPort(port)));
  const unique = new Map(open.map((port) => [formatPort(port), port]));
  return [...unique.values()].sort((a, b) => a.number - b.number || a.protocol.localeCompare(b.protocol));
}
