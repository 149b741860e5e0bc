import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../agent/world.js';

/** One run of a hook, as it noted itself. */
export interface Run {
  readonly hook: string;
  readonly revision: number;
  readonly attempt: number;
  readonly machine: string;
  /** Whether another hook of the unit held the lock. */
  readonly overlaps: boolean;
  /** `db:3`; undefined in other hooks. */
  readonly relation: string | undefined;
  readonly remote: string | undefined;
  /** What `config-changed` read. */
  readonly title: string | undefined;
  /** Who was there, in hooks of relations. */
  readonly members: readonly string[] | undefined;
  /** What the remote unit had set, in `changed`. */
  readonly says: string | undefined;
  /** Undefined while it runs, or where it was killed. */
  readonly exit: number | undefined;
}

/** What hooks did with one data directory, from the `install` that found it empty. */
export interface Life {
  readonly unit: string;
  /** Of which environment it is: the first, or the one that was made after so many others. */
  readonly era: number;
  /** Drawn by its first hook; `none` where hooks found no data of an `install`. */
  readonly id: string;
  readonly runs: readonly Run[];
  /** All it noted: the data directory holds the same. */
  readonly text: string;
}

/** Every life there was in a world. */
export async function readLives(world: World): Promise<readonly Life[]> {
  const directory = world.path('trace');
  const names = (await readdir(directory)).filter((name) => name.includes('@'));
  return Promise.all(
    names.toSorted().map(async (name) => {
      const [node = '', id = ''] = name.split('@');
      const text = await readFile(join(directory, name), 'utf8');
      const unit = node.replace(/-(\d+)$/, '/$1');
      return { unit, era: Number.parseInt(id, 10), id, runs: readRuns(text), text };
    }),
  );
}

/** The runs of a life, in order. */
export function readRuns(text: string): readonly Run[] {
  const runs: Run[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const [kind, ...words] = line.split(' ');
    const last = runs.at(-1);
    if (kind === 'begin') runs.push(beginning(words));
    else if (last !== undefined) runs[runs.length - 1] = { ...last, ...fact(kind, words) };
  }
  return runs;
}

function beginning([
  hook = '',
  revision,
  attempt,
  machine = '',
  alone,
  relation,
  remote,
]: readonly string[]): Run {
  return {
    hook,
    revision: Number(revision),
    attempt: Number(attempt),
    machine,
    overlaps: alone !== 'alone',
    relation: relation === '-' ? undefined : relation,
    remote: remote === '-' ? undefined : remote,
    title: undefined,
    members: undefined,
    says: undefined,
    exit: undefined,
  };
}

function fact(kind: string | undefined, words: readonly string[]): Partial<Run> {
  switch (kind) {
    case 'title':
      return { title: words.join(' ') };
    case 'members':
      return { members: words };
    case 'says':
      return { says: words.join(' ') };
    case 'end':
      return { exit: Number(words[0]) };
    default:
      return {};
  }
}

/** A run as failures tell it. */
export function runInWords({ hook, revision, attempt, relation, remote, exit }: Run): string {
  const about = [relation, remote].filter((word) => word !== undefined).join(' ');
  return `${hook} ${revision}${attempt > 1 ? ` #${attempt}` : ''}${about === '' ? '' : ` (${about})`}${
    exit === 0 ? '' : ` exit ${exit ?? 'none'}`
  }`;
}
