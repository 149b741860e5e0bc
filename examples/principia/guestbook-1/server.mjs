// The guestbook: `node server.mjs DATA-DIRECTORY PORT`. GET / shows it, POST / signs it (name=…&message=…).
// Entries are lines of `name<TAB>message` in entries.txt.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [directory, port] = process.argv.slice(2);
const { title, listen } = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
const book = join(directory, 'entries.txt');

function entries() {
  try {
    return readFileSync(book, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
  } catch {
    return []; // nobody has signed yet
  }
}

function page() {
  const lines = entries().map(([name, message]) => `  ${name}: ${message}`);
  return [`${title} (revision 1)`, ...lines, ''].join('\n');
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
      appendFileSync(book, `${oneLine(form.get('name'))}\t${oneLine(form.get('message'))}\n`);
    }
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.end(page());
  });
});

server.on('error', (error) => {
  process.stderr.write(`cannot serve on ${listen}:${port}: ${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), listen, () => {
  // The hooks take this file as the word that the guestbook answers.
  writeFileSync(join(directory, 'pid.new'), `${process.pid}\n`);
  renameSync(join(directory, 'pid.new'), join(directory, 'pid'));
});
process.on('SIGTERM', () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
