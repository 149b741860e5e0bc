import { gzipSync } from 'node:zlib';

/** A tar entry as any archiver, however ill-meaning, could have written it. */
export interface RawEntry {
  readonly path?: string | Buffer;
  /** The type flag: '0' file, '1' hard link, '2' symbolic link, '5' directory, … */
  readonly type?: string;
  readonly linkpath?: string;
  readonly mode?: number;
  readonly body?: string | Buffer;
  /** Where it shall not be the body's length. */
  readonly size?: number | string;
  readonly prefix?: string;
  readonly breakChecksum?: boolean;
}

/** One entry: header block, body, padding. */
export function rawEntry(entry: RawEntry): Buffer {
  const body = Buffer.from(entry.body ?? '');
  const block = Buffer.alloc(512);
  Buffer.from(entry.path ?? '').copy(block, 0, 0, 100);
  block.write(octal(entry.mode ?? 0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(typeof entry.size === 'string' ? entry.size : octal(entry.size ?? body.length, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(entry.type ?? '0', 156);
  block.write(entry.linkpath ?? '', 157, 100);
  block.write('ustar\0' + '00', 257);
  block.write(entry.prefix ?? '', 345, 155);
  block.write('        ', 148);
  const sum = block.reduce((total, byte) => total + byte, 0) + (entry.breakChecksum === true ? 1 : 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** A pax extended header ('x') or global one ('g') with these records. */
export function paxEntry(records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest) + 1;
    while (length !== Buffer.byteLength(`${length}${rest}`)) length = Buffer.byteLength(`${length}${rest}`);
    return `${length}${rest}`;
  });
  return rawEntry({ path: 'PaxHeader', type, body: lines.join('') });
}

export const endOfArchive = Buffer.alloc(1024);

/** The gzipped archive of these parts, ended properly. */
export function rawBundle(...parts: (RawEntry | Buffer)[]): Buffer {
  return gzipSync(rawArchive(...parts));
}

export function rawArchive(...parts: (RawEntry | Buffer)[]): Buffer {
  return Buffer.concat([
    ...parts.map((part) => (Buffer.isBuffer(part) ? part : rawEntry(part))),
    endOfArchive,
  ]);
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
