// The notes: `node server.mjs DATA-DIRECTORY`, which reads how to serve from started.json there.
//   GET /                 shows them all, GET /?find=WORD those that hold a word
//   PUT, DELETE /NAME     writes and takes away one; both may be done twice without harm
// A note is {text, written} in the store. Units of both revisions read and write it while an upgrade is under way: one of
// revision 1 has no time, and revision 1 leaves the time alone.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request as ask, createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const [directory] = process.argv.slice(2);
const { title, host, port, store } = JSON.parse(readFileSync(join(directory, 'started.json'), 'utf8'));
/** Milliseconds to wait for a store that is being started anew. */
const PATIENCE = 8_000;

/** Asks the store, again and again where it does not answer: none of its requests does harm when it comes twice. */
async function askStore(method, key = '', body = undefined) {
  for (const end = Date.now() + PATIENCE; ; await pause(50)) {
    try {
      return await askOnce(method, `${store}${key}`, body);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

function askOnce(method, url, body) {
  return new Promise((resolve, reject) => {
    const asked = ask(url, { method, agent: false, timeout: 5_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode < 300) resolve(text);
        else reject(new Error(`the store answers ${answer.statusCode}`));
      });
    });
    asked.on('timeout', () => asked.destroy(new Error('the store is silent')));
    asked.on('error', reject);
    asked.end(body);
  });
}

async function page(word) {
  const notes = Object.entries(JSON.parse(await askStore('GET')));
  const lines = notes
    .map(([name, note]) => ({ name, ...JSON.parse(note) }))
    .filter(({ name, text }) => word === null || `${name} ${text}`.includes(word))
    .map(
      ({ name, text, written }) =>
        `  ${name}${written === undefined ? '' : `, ${written.slice(0, 10)}`}: ${text}`,
    );
  return [`${title} (revision 2, ${lines.length} of ${notes.length})`, ...lines, ''].join('\n');
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim().slice(0, 500);

async function answer({ method, url }, body) {
  const { pathname, searchParams } = new URL(url, 'http://notes');
  const note = { text: oneLine(body), written: new Date().toISOString() };
  if (method === 'PUT' && pathname !== '/') await askStore('PUT', pathname, JSON.stringify(note));
  else if (method === 'DELETE' && pathname !== '/') await askStore('DELETE', pathname);
  else if (method !== 'GET' || pathname !== '/') return [404, 'GET /, PUT /NAME or DELETE /NAME\n'];
  return [200, await page(searchParams.get('find'))];
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => {
    body += chunk;
    if (body.length > 10_000) request.destroy();
  });
  request.on('end', async () => {
    const [status, text] = await answer(request, body).catch((error) => [503, `${error.message}\n`]);
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(text);
  });
});

server.on('error', (error) => {
  process.stderr.write(`cannot serve on ${host}:${port}: ${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), host, () => {
  // The hooks take this file as the word that the notes answer.
  writeFileSync(join(directory, 'pid.new'), `${process.pid}\n`);
  renameSync(join(directory, 'pid.new'), join(directory, 'pid'));
});
// Nothing new is taken on, and what is under way is answered, before the process ends.
process.on('SIGTERM', () => server.close(() => process.exit(0)));
