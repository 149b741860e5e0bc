import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Transcript } from './transcript.js';

/** Milliseconds that the agent gets to stop all units, and then to stop itself. */
const PATIENCE = 15_000;

/** Stops the services, when the demo got as far as having one. @returns whether all are gone */
export async function stopServices(
  transcript: Transcript,
  agent: ChildProcess | undefined,
): Promise<boolean> {
  const left = async (): Promise<string[]> =>
    Object.keys(JSON.parse(await transcript.read('ensemble status --format json')).services);
  try {
    for (const service of await left()) await transcript.read(`ensemble destroy-service ${service}`);
    const end = Date.now() + PATIENCE;
    while ((await left()).length > 0) {
      if (Date.now() > end || agent === undefined || hasEnded(agent)) return false;
      await pause(100);
    }
    return true;
  } catch {
    // Nothing was bootstrapped yet, or it is what failed.
    return false;
  }
}

/** Ends the agent, the kind way first. */
export async function stopAgent(agent: ChildProcess): Promise<void> {
  if (hasEnded(agent)) return;
  const gone = once(agent, 'exit');
  agent.kill('SIGTERM');
  const timer = setTimeout(() => agent.kill('SIGKILL'), PATIENCE);
  await gone;
  clearTimeout(timer);
}

/**
 * Kills every process that was started for a unit in `home` and is still there, for the case that their hooks did not
 * get to stop them: those that hold a path in `home` in their command line or as the home in their environment.
 */
export function killRemains(home: string): void {
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    try {
      const words = ['cmdline', 'environ'].flatMap((file) =>
        readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0'),
      );
      if (words.some((word) => word.includes(`${home}/`))) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
  }
}

/** Removes the demo's directory; a process that was just killed may still write for a moment. */
export async function removeHome(home: string): Promise<void> {
  if (existsSync(home)) await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function hasEnded(process: ChildProcess): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}
