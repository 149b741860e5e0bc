import { absenceFields, agentWord } from '../../state/model/absence.js';
import type { Problem } from '../../state/model/entity.js';
import { type MachineState, readMachines } from '../../state/model/machines.js';
import { compareUnits } from '../../state/model/paths.js';
import type { Addresses, Cordon, Machine, MachineOwner } from '../../state/model/schemas.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { type Format, printData } from '../output/output.js';
import { printable } from '../../state/platform/printable.js';
import { renderTable } from '../output/table.js';
import { withSession } from '../invocation/session.js';
import { type KeptEntry, keptEntry } from '../../control/status/kept-entry.js';
import { keptLines } from '../status/kept-lines.js';
import { problemLines } from '../status/problem-lines.js';

/** One machine as `machines` prints it; fields are added, never renamed. */
interface Entry {
  readonly agent: 'up' | 'down';
  /** When it was stopped, where it is down for that. */
  readonly stopped?: string;
  /** Its pid, where it is down as it is suspended (Ctrl-Z, SIGSTOP), on this very host. */
  readonly suspended?: number;
  readonly hostname: string;
  /** Of the agent, and since when it is up; null while none is. */
  readonly version: string | null;
  readonly since: string | null;
  readonly addresses: Addresses | null;
  /** Its agent found none. */
  readonly noAddress?: true;
  /** Whose it is: the agent of this data directory. Null where its release did not tell. */
  readonly owner: Pick<MachineOwner, 'hostname' | 'dataDirectory' | 'since'> | null;
  /** There while it takes no new units. */
  readonly cordoned?: Cordon;
  readonly units: readonly string[];
  /** What is kept of units that were removed; only where there is something. */
  readonly kept?: KeptEntry;
}

/** Prints the registered machines with the units they host. */
export async function machines(
  { format }: { readonly format: Format },
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    const problems: Problem[] = [];
    const found = await readMachines(coordinator, problems);
    const entries = Object.fromEntries(found.map((machine) => [machine.name, entryOf(machine)]));
    const document = { machines: entries, ...(problems.length > 0 && { problems }) };
    await printData(invocation.output, format, document, (columns) => [
      ...tableOf(entries, columns),
      ...cordonLines(entries),
      ...(keptLines(entries).length > 0 ? ['', ...keptLines(entries)] : []),
      ...(problems.length > 0 ? ['', ...problemLines({ problems })] : []),
    ]);
    return 0;
  });
}

function entryOf({ agent, absence, machine, units }: MachineState): Entry {
  const kept = keptEntry(machine);
  return {
    agent: agent === undefined ? 'down' : 'up',
    ...absenceFields(absence),
    hostname: machine.hostname,
    version: agent?.version ?? null,
    since: agent?.since ?? null,
    addresses: machine.addresses ?? null,
    ...(machine.noAddress === true && { noAddress: true }),
    owner: ownerOf(machine),
    ...(machine.cordoned !== undefined && { cordoned: machine.cordoned }),
    units: [...units].sort(compareUnits),
    ...(kept !== undefined && { kept }),
  };
}

function ownerOf({ owner }: Machine): Entry['owner'] {
  if (owner === undefined) return null;
  const { hostname, dataDirectory, since } = owner;
  return { hostname, dataDirectory, since };
}

function tableOf(entries: Readonly<Record<string, Entry>>, columns: number): readonly string[] {
  const rows = Object.entries(entries).map(([name, entry]) => [
    name,
    `${agentWord(entry)}${entry.cordoned === undefined ? '' : ', cordoned'}`,
    entry.version ?? '-',
    printable(entry.hostname),
    printable(entry.addresses?.public ?? (entry.noAddress ? 'none found' : '-')),
    entry.units.length === 0 ? '-' : entry.units.join(' '),
  ]);
  if (rows.length === 0) return ['no machines; an agent registers its own: ensemble-agent'];
  return renderTable([['MACHINE', 'AGENT', 'VERSION', 'HOSTNAME', 'ADDRESS', 'UNITS'], ...rows], columns);
}

/** Which machines take no new units, since when, by whom and why. */
function cordonLines(entries: Readonly<Record<string, Entry>>): readonly string[] {
  const lines = Object.entries(entries).flatMap(([name, { cordoned }]) => {
    if (cordoned === undefined) return [];
    const { since, by, reason } = cordoned;
    const why = reason === undefined ? '' : `: ${reason}`;
    return [printable(`${name} takes no new units since ${since}, by ${by}${why}`)];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}
