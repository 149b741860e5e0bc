import { spawn } from 'node:child_process';

/** How a Node process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Node process that runs an ECMAScript module given as text, which may import `storage` as `openStorage`. */
export function runModule(
  text: string,
  env: Record<string, string | undefined> = {},
): {
  readonly ended: Promise<Ended>;
  kill(): void;
} {
  const open = new URL('../../../state/storage/open.js', import.meta.url).href;
  const whole = `import { openStorage } from ${JSON.stringify(open)};\n${text}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', whole], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { ended, kill: () => void child.kill('SIGKILL') };
}
