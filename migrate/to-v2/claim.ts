import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId } from '../../state/platform/boot.js';
import { findProcess } from '../../state/platform/process-stat.js';
import { replace } from '../contract/replace.js';
import { type Item, StepBlocked, type Subject } from '../contract/step.js';
import { placeOf } from './session.js';

/**
 * The claim of the agent, `agent.pid`. Before, it named a process by pid and start time; from v2 on by boot and the
 * directory's place too. The claim of an agent that died stays, since it tells the next one of that.
 */
export function claimItem({ directory }: Subject): Item {
  const file = join(directory, 'agent.pid');
  return {
    kind: 'claim',
    name: 'agent.pid',
    async look() {
      const words = wordsOf(file);
      const [pid, startTime, boot = bootId(), place = placeOf(directory)] = words;
      if (pid === undefined || startTime === undefined || words.length >= 4) return undefined;
      return async () => replace(file, `${pid} ${startTime} ${boot} ${place}\n`);
    },
  };
}

/** Sees that the agent of a claim of any release is gone. @throws StepBlocked */
export function requireNoAgent(directory: string): void {
  const [pid, startTime, boot = bootId(), place = placeOf(directory)] = wordsOf(join(directory, 'agent.pid'));
  const found = boot === bootId() ? findProcess(Number(pid)) : undefined;
  if (found !== undefined && found.startTime === startTime && place === placeOf(directory))
    throw agentWorks(found.pid);
}

/** The process that the claim names, whatever became of it; undefined where there is none. */
export function pidInClaim(directory: string): number | undefined {
  const pid = Number.parseInt(wordsOf(join(directory, 'agent.pid'))[0] ?? '', 10);
  return Number.isNaN(pid) ? undefined : pid;
}

/** None where there is no claim: the agent that has the lock replaces the one of an agent that died at any moment. */
function wordsOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trim().split(' ');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** An agent works in the directory. Who that is, is unknown before it has written its claim. */
export function agentWorks(pid?: number): StepBlocked {
  const who = pid === undefined ? '' : `, process ${pid}`;
  return new StepBlocked(
    `an agent works in it${who}`,
    pid === undefined ? 'stop that agent, and do the same again' : `kill ${pid}`,
    { inUse: true, ...(pid !== undefined && { pid }) },
  );
}
