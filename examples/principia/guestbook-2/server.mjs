// The guestbook: `node server.mjs DATA-DIRECTORY PORT`. GET / shows it, POST / signs it (name=…&message=…).
// Entries are {name, message, signed} in entries.json.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [directory, port] = process.argv.slice(2);
const {
  title,
  listen,
  'newest-first': newestFirst,
} = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
const book = join(directory, 'entries.json');

function entries() {
  try {
    return JSON.parse(readFileSync(book, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return []; // nobody has signed yet
    throw error;
  }
}

/** Whole or not at all: a full disk must not cost the entries that are there. */
function write(text, file) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function page() {
  const lines = entries().map(({ name, message, signed }) => `  ${name}, ${signed.slice(0, 10)}: ${message}`);
  if (newestFirst) lines.reverse();
  return [
    `${title} (revision 2, ${lines.length} ${lines.length === 1 ? 'entry' : 'entries'})`,
    ...lines,
    '',
  ].join('\n');
}

const oneLine = (text) => (text ?? '').replace(/\s+/g, ' ').trim().slice(0, 500);

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => {
    body += chunk;
    if (body.length > 10_000) request.destroy();
  });
  request.on('end', () => {
    if (request.method === 'POST') {
      const form = new URLSearchParams(body);
      const entry = { name: oneLine(form.get('name')), message: oneLine(form.get('message')) };
      write(JSON.stringify([...entries(), { ...entry, signed: new Date().toISOString() }], null, 2), book);
    }
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.end(page());
  });
});

server.on('error', (error) => {
  process.stderr.write(`cannot serve on ${listen}:${port}: ${error.message}\n`);
  process.exit(1);
});
// The hooks take this file as the word that the guestbook answers.
server.listen(Number(port), listen, () => write(`${process.pid}\n`, join(directory, 'pid')));
process.on('SIGTERM', () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
