import { TarFault } from './tar-fault.js';

/** The fields that an extended header may give the entry behind it. */
export interface PaxFields {
  path?: string;
  linkpath?: string;
  size?: number;
}

/**
 * Reads a pax record strictly, `<length> <key>=<value>\n` by bytes: where readers disagree about it, an archive means
 * one thing to who checks it and another to who unpacks it.
 * @throws TarFault
 */
export function parsePax(record: Buffer): PaxFields {
  const fields: PaxFields = {};
  for (let at = 0; at < record.length; ) {
    const space = record.indexOf(0x20, at);
    const digits = record.toString('latin1', at, space);
    const end = at + Number(digits);
    if (space < 0 || !/^[1-9][0-9]{0,8}$/.test(digits) || end > record.length || record[end - 1] !== 0x0a)
      throw new TarFault('damaged', 'it has an extended header that cannot be read');
    const line = record.toString('utf8', space + 1, end - 1);
    const equals = line.indexOf('=');
    if (equals < 1) throw new TarFault('damaged', 'it has an extended header that cannot be read');
    setField(fields, line.slice(0, equals), line.slice(equals + 1));
    at = end;
  }
  return fields;
}

function setField(fields: PaxFields, key: string, value: string): void {
  if (key === 'path' || key === 'linkpath') {
    fields[key] = value;
  } else if (key === 'size') {
    if (!/^[0-9]{1,15}$/.test(value))
      throw new TarFault('damaged', 'it has an entry without a sensible size');
    fields.size = Number(value);
  } else if (key.startsWith('GNU.sparse.')) {
    throw new TarFault('unsafe', 'is a sparse file', fields.path ?? '');
  }
}
