import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.js';
import { examplesDirectory } from './transcript.js';

/** A repository of the example formulas, which the demo may add to. */
export interface DemoRepository {
  /** What is written behind --repository. */
  readonly name: string;
  /** Its directory. */
  readonly directory: string;
  /** Publishes what was added to the directory. */
  publish(message: string): Promise<void>;
}

/** Makes a git repository of the example formulas, and names it in the environment; where there is no git, a directory. */
export async function makeRepository({ transcript, home, step }: Stage): Promise<DemoRepository> {
  const directory = join(home, 'formulas');
  if (spawnSync('git', ['--version']).status !== 0) {
    transcript.say('There is no git here, so that the formulas come from a directory again.');
    cpSync(join(examplesDirectory, 'principia'), directory, { recursive: true });
    return { name: directory, directory, publish: async () => undefined };
  }
  const commit = (message: string): readonly string[] => [
    `git -C ${directory} add --all`,
    `git -C ${directory} -c user.name=Demo -c user.email=demo@example.com commit --quiet --message=${message}`,
  ];
  const type = async (commands: readonly string[]): Promise<void> => {
    for (const command of commands) await step(() => transcript.run(command));
  };
  transcript.say('Formulas may come from git, too. A repository of them, and a name for it:');
  await type([
    `git -c init.defaultBranch=main init --quiet ${directory}`,
    `cp -r principia/. ${directory}`,
    ...commit('Formulas'),
    `ensemble repository add ours git+file:${directory}`,
    'ensemble formulas ours',
  ]);
  return { name: 'ours', directory, publish: (message) => type(commit(message)) };
}

/** Writes a revision 3 of the notes that cannot be upgraded to. */
export function writeBrokenNotes(directory: string): void {
  const broken = join(directory, 'notes-3');
  cpSync(join(directory, 'notes-2'), broken, { recursive: true });
  const metadata = join(broken, 'metadata.yaml');
  writeFileSync(metadata, readFileSync(metadata, 'utf8').replace(/^revision: 2$/m, 'revision: 3'));
  const hook = join(broken, 'hooks/upgrade-formula');
  writeFileSync(hook, '#!/bin/sh\necho "the notes cannot be converted: there is no converter"\nexit 1\n');
  chmodSync(hook, 0o755);
}
