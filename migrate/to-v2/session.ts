import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { bootId } from '../../state/platform/boot.js';
import { shellWord } from '../../state/platform/shell-word.js';
import { flush, replace } from '../contract/replace.js';
import { type Item, StepBlocked, type Subject } from '../contract/step.js';

/**
 * The saved coordinator session. Before, the file was the session alone, and whoever found it continued it; from v2 on it
 * says of which machine, agent, directory and boot it is.
 */
export function sessionItem({ directory, machine }: Subject): Item {
  const file = join(directory, 'session');
  return {
    kind: 'session',
    name: 'session',
    async look() {
      const session = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (session === '' || session.startsWith('{')) return undefined;
      const agentId = textOf(join(directory, 'agent-id'));
      // Nobody's: the agent would make an id of its own, and a session.
      if (agentId === '')
        return async () => {
          rmSync(file);
          flush(directory);
        };
      const owner = { machine: machineOf(directory, machine), agentId, place: placeOf(directory) };
      return async () => replace(file, `${JSON.stringify({ ...owner, session })}\n`);
    },
  };
}

/** Tells a directory from every copy of it, in this boot of this machine. */
export function placeOf(directory: string): string {
  const { dev, ino } = statSync(directory, { bigint: true });
  return `${bootId()}:${dev}:${ino}`;
}

/** @throws StepBlocked */
function machineOf(directory: string, told: string | undefined): string {
  if (told !== undefined) return told;
  const remembered = /"machine":"([^"]+)"/.exec(textOf(join(directory, 'machine.json')))?.[1];
  if (remembered !== undefined) return remembered;
  // As agents name it of which no directory is named.
  if (basename(dirname(directory)) === 'machines') return basename(directory);
  throw new StepBlocked(
    'nobody says whose machine it is, to which its session shall belong',
    `ensemble-migrate --data-dir ${shellWord(directory)} --machine MACHINE`,
  );
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}
