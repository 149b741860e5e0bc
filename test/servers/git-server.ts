import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Answering } from './web-server.js';

const author = ['-c', 'user.name=An Author', '-c', 'user.email=author@example.com'];

/** Runs git as an author does. @returns what it printed, without the newline */
export function git(directory: string, ...words: readonly string[]): Promise<string> {
  return gitWith({}, directory, words);
}

/** Makes the last commit anew, as if it had been written and committed at another time. */
export async function backdate(directory: string, date: string): Promise<void> {
  const dated = { GIT_COMMITTER_DATE: date };
  await gitWith(dated, directory, ['commit', '--quiet', '--amend', '--no-edit', `--date=${date}`]);
}

async function gitWith(
  variables: NodeJS.ProcessEnv,
  directory: string,
  words: readonly string[],
): Promise<string> {
  const { stdout } = await promisify(execFile)('git', [...author, ...words], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C', ...variables },
  });
  return stdout.trim();
}

/** Makes a repository of the directory, or commits what changed in it. @returns the commit */
export async function commitAll(directory: string): Promise<string> {
  await git(directory, 'init', '--quiet', '--initial-branch=main', '.');
  await git(directory, 'add', '--all');
  await git(directory, 'commit', '--quiet', '--allow-empty', '--message=one more');
  return git(directory, 'rev-parse', 'HEAD');
}

/** Git's own server, as a web server starts it, for the repositories below a directory. */
export function gitBackend(root: string): Answering {
  return (request, response) =>
    new Promise((resolve, reject) => {
      const url = new URL(request.url ?? '/', 'http://x');
      const child = spawn('git', ['http-backend'], {
        stdio: ['pipe', 'pipe', 'ignore'],
        env: {
          PATH: process.env.PATH,
          GIT_PROJECT_ROOT: root,
          GIT_HTTP_EXPORT_ALL: '1',
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'safe.directory',
          GIT_CONFIG_VALUE_0: '*',
          PATH_INFO: decodeURIComponent(url.pathname),
          QUERY_STRING: url.search.slice(1),
          REQUEST_METHOD: request.method,
          CONTENT_TYPE: request.headers['content-type'],
          HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
          GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        },
      });
      child.on('error', reject);
      child.stdin.on('error', () => undefined);
      request.pipe(child.stdin);
      forward(child.stdout, response).then(resolve, reject);
    });
}

/** A CGI's answer: headers, an empty line, the body. */
async function forward(
  output: AsyncIterable<Buffer>,
  response: ServerResponse<IncomingMessage>,
): Promise<void> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of output) {
    if (head === undefined) {
      response.write(piece);
      continue;
    }
    head = Buffer.concat([head, piece]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    const lines = head.subarray(0, end).toString().split('\r\n');
    const headers = lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
    const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200';
    response.writeHead(
      Number.parseInt(status, 10),
      headers.filter(([name]) => name.toLowerCase() !== 'status').flat(),
    );
    response.write(head.subarray(end + 4));
    head = undefined;
  }
  response.end();
}
