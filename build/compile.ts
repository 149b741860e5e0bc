import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openCoordinator } from '../state/coordination/open.js';
import { root } from './bundle-command.js';
import { zookeeperFront } from './zookeeper-front.js';

const exec = promisify(execFile);

/** Milliseconds for a command that takes less than one second. */
const LIMIT = 60_000;

/**
 * Runs the bundled commands in `bin` as their users do, with an agent at work, so that V8's code of all that they use is
 * kept beside them.
 */
export async function compile(bin: string): Promise<void> {
  // The path of the agent's socket, which is in there, may not be longer than a hundred bytes.
  const place = tmpdir().length > 40 ? '/tmp' : tmpdir();
  const home = await mkdtemp(join(place, 'ensemble-'));
  try {
    await compileAt(home, bin);
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function compileAt(home: string, bin: string): Promise<void> {
  const repository = join(home, 'principia');
  // Nothing of a formula runs where this is built.
  const filter = (path: string): boolean => !path.endsWith('/hooks');
  await cp(join(root, 'examples/principia'), repository, { recursive: true, filter });

  const state = `embedded:${home}/state`;
  const coordinator = await openCoordinator(state);
  const zookeeper = await zookeeperFront(coordinator);
  const environment = (url: string): string => `{ state: '${url}', storage: 'file:${home}/storage' }`;
  await writeFile(
    join(home, 'environments.yaml'),
    `default: local\nenvironments:\n  local: ${environment(state)}\n  zookeeper: ${environment(zookeeper.url)}\n`,
  );

  const env = {
    PATH: process.env.PATH,
    HOME: home,
    ENSEMBLE_HOME: home,
    ENSEMBLE_REPOSITORY: repository,
  };
  /** Through pipes, as scripts run it: a terminal is written to by other code. */
  const ensemble = (command: string, variables: NodeJS.ProcessEnv = {}) =>
    exec(process.execPath, [join(bin, 'ensemble.cjs'), ...command.split(' ')], {
      env: { ...env, ...variables },
      timeout: LIMIT,
    });
  await ensemble('bootstrap');
  const hosting = [join(bin, 'ensemble-agent.js'), '--data-dir', join(home, 'machine')];
  const agent = spawn(process.execPath, hosting, { env, stdio: 'ignore' });
  const ended = once(agent, 'exit');
  try {
    await ensemble('deploy notes-1');
    await ensemble('deploy store');
    // Of the commands that have no file of their own the one that uses most.
    await ensemble('deploy guestbook-1', { ENSEMBLE_COMPILE: '' });
    await ensemble('add-relation notes store');
    await ensemble('status', { ENSEMBLE_COMPILE: '' });
    await ensemble('upgrade-formula guestbook', { ENSEMBLE_COMPILE: 'upgrade-formula -e zookeeper notes' });
  } finally {
    agent.kill();
    await ended;
    zookeeper.close();
    await coordinator.close();
  }
}
