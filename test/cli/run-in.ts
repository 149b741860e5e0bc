import { spawn } from 'node:child_process';
import { ensembleProgram } from '../programs.js';
import type { Run } from './sandbox.js';

/** Runs `ensemble …words` with `home` as `$ENSEMBLE_HOME`, and nothing of this process's own environment. */
export function runIn(home: string, ...words: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [ensembleProgram, ...words], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ENSEMBLE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
