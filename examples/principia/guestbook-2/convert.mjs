// Converts the book of revision 1, entries.txt, to that of revision 2, entries.json: `node convert.mjs DATA-DIRECTORY`.
// May be killed at any moment and run again: entries.txt is given up only when entries.json is whole. (In node because
// the service needs that anyway; sh would have to write JSON by hand.)
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory] = process.argv.slice(2);
const before = join(directory, 'entries.txt');
const after = join(directory, 'entries.json');

if (existsSync(before)) {
  // When the guests signed is not known; no later than this.
  const signed = statSync(before).mtime.toISOString();
  const lines = readFileSync(before, 'utf8').trimEnd().split('\n');
  const entries = lines.map((line) => {
    const [name, message] = line.split('\t');
    return { name, message, signed };
  });
  writeFileSync(`${after}.new`, JSON.stringify(entries, null, 2));
  renameSync(`${after}.new`, after);
  renameSync(before, `${before}.before-2`);
}
