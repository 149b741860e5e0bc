import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { readHead, readNoticesOf } from '../../../cli/notices/notices-file.js';
import { type NoticesOf, nothingKnown } from '../../../cli/notices/record.js';
import { eventually } from '../../eventually.js';
import { ensembleProgram } from '../../programs.js';
import { shellWord } from '../../../state/platform/shell-word.js';
import type { Sandbox } from '../sandbox.js';

/** How a command on a terminal ended, and all that stood on it. */
export interface Shown {
  readonly code: number;
  readonly text: string;
}

/** Runs `ensemble …args` with stdout and stderr on a terminal, with nothing of this process's own environment. */
export function onTerminal(
  box: Sandbox,
  args: readonly string[],
  {
    variables = {},
    redirect = '',
  }: { readonly variables?: Record<string, string>; readonly redirect?: string } = {},
): Promise<Shown> {
  const line = [process.execPath, ensembleProgram, ...args].map(shellWord).join(' ');
  return new Promise((resolve, reject) => {
    const child = execFile(
      'script',
      ['-qec', `${line}${redirect}`, '/dev/null'],
      {
        cwd: box.directory,
        env: {
          PATH: process.env.PATH,
          HOME: box.directory,
          ENSEMBLE_HOME: box.home,
          SHELL: '/bin/sh',
          TERM: 'xterm',
          ...variables,
        },
      },
      (error, stdout) => {
        if (error !== null && typeof error.code !== 'number') return reject(error);
        const code = typeof error?.code === 'number' ? error.code : 0;
        resolve({ code, text: stripVTControlCharacters(stdout).replaceAll('\r\n', '\n') });
      },
    );
    child.stdin?.end();
  });
}

/** The sandbox's file of notices. */
export function noticesPath(box: Sandbox): string {
  return join(box.directory, '.local', 'state', 'ensemble', 'notices.json');
}

/** What the file says of each environment, by the URL of its state. */
export function readFileOfNotices(box: Sandbox): Readonly<Record<string, NoticesOf>> {
  const { environments = [] } = readHead(noticesPath(box)) ?? {};
  return Object.fromEntries(
    environments.map(({ state }) => [state, readNoticesOf(noticesPath(box), state) ?? nothingKnown]),
  );
}

/** Waits until a look in the background has ended. @returns the revisions that are known of the service */
export async function looked(box: Sandbox, service: string, after = 0): Promise<readonly number[]> {
  return eventually(async () => {
    const [entry] = Object.values(readFileOfNotices(box));
    if ((entry?.checked ?? 0) <= after) throw new Error('no look has ended');
    // Until it lets go of the file nobody tells anything.
    if (existsSync(`${noticesPath(box)}.claim`)) throw new Error('the look is at the file');
    return entry?.offers[service]?.offers.map(({ revision }) => revision) ?? [];
  });
}
