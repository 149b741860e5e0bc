import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Stage } from './stage.js';

/**
 * Makes a git repository of the example formulas, and names it in the environment.
 * @returns what is written behind --repository: its name; where this machine has no git, the directory of the formulas
 */
export async function makeRepository({ transcript, home, step }: Stage): Promise<string> {
  if (spawnSync('git', ['--version']).status !== 0) {
    transcript.say('There is no git here, so that the formulas come from a directory again.');
    return 'principia';
  }
  const directory = join(home, 'formulas');
  transcript.say('Formulas may come from git, too. A repository of them, and a name for it:');
  for (const command of [
    `git -c init.defaultBranch=main init --quiet ${directory}`,
    `cp -r principia/. ${directory}`,
    `git -C ${directory} add --all`,
    `git -C ${directory} -c user.name=Demo -c user.email=demo@example.com commit --quiet --message=Formulas`,
    `ensemble repository add ours git+file:${directory}`,
    'ensemble formulas ours',
  ])
    await step(() => transcript.run(command));
  return 'ours';
}
