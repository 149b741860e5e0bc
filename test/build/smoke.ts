// The programs, as they are installed from a package, on the Node that runs this: bootstrap, an agent, a deploy, an
// upgrade, a status. For CI, which runs it on the newer releases of Node that the tests do not run on.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePorts } from '../servers/free-ports.js';
import { installPackage } from './install-package.js';

const home = mkdtempSync(join(tmpdir(), 'ensemble-smoke-'));
// The programs ask for any `node`: this one.
const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
const env = { PATH, HOME: home, ENSEMBLE_HOME: home };

const installed = join(home, 'installed');

const run = (program: string, ...words: readonly string[]): string =>
  execFileSync(join(installed, 'bin', program), words, {
    env,
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const ensemble = (...words: readonly string[]): string => run('ensemble', ...words);

/** Looks at the status, a process each time, until it is so. */
function until(what: string, isSo: (status: Status) => boolean): void {
  for (let looks = 0; !isSo(JSON.parse(ensemble('status', '--format', 'json'))); looks += 1)
    assert.ok(looks < 100, what);
}

interface Status {
  readonly machines: Readonly<Record<string, { readonly agent: string }>>;
  readonly services: Readonly<
    Record<
      string,
      { readonly units: Readonly<Record<string, { readonly state: string; readonly formula: string }>> }
    >
  >;
}

mkdirSync(installed);
installPackage(installed);
const { version } = JSON.parse(
  readFileSync(join(installed, 'lib/node_modules/ensemble/package.json'), 'utf8'),
);
for (const program of ['ensemble', 'ensemble-agent', 'ensemble-migrate', 'ensemble-watcher'])
  assert.equal(run(program, '--version').trim(), version, program);

ensemble('bootstrap');
const agent = spawn(join(installed, 'bin/ensemble-agent'), {
  env,
  stdio: ['ignore', 'ignore', 'pipe'],
});
let said = '';
agent.stderr.on('data', (piece) => {
  said += piece;
});
const ended = once(agent, 'exit');
try {
  until('the agent is up', ({ machines }) => Object.values(machines).some(({ agent }) => agent === 'up'));
  const [port] = await freePorts(1);
  writeFileSync(join(home, 'config.yaml'), `base-port: ${port}\n`);
  const repository = ['--repository', join(installed, 'lib/node_modules/ensemble/examples/principia')];
  ensemble('deploy', ...repository, '--config', join(home, 'config.yaml'), 'guestbook-1');
  ensemble('upgrade-formula', 'guestbook');
  until('the new formula runs', ({ services }) => {
    const unit = services.guestbook?.units['guestbook/0'];
    return unit?.state === 'started' && unit.formula === 'principia:guestbook-2';
  });
  ensemble('destroy-service', '--purge', 'guestbook');
  until('the service is gone', ({ services }) => services.guestbook === undefined);
} finally {
  agent.kill();
  await ended;
  rmSync(home, { recursive: true, force: true, maxRetries: 10 });
}
// A line of the agent's log begins with its time; what Node warns of does not.
assert.doesNotMatch(said, /Warning:/);
process.stdout.write(`Node ${process.version}: installed, deployed, upgraded and removed\n`);
