import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProcess } from '../../state/platform/process-stat.js';
import { Sandbox } from '../cli/sandbox.js';
import { eventually, eventuallyTrue } from '../eventually.js';
import { agentProgram } from '../programs.js';
import { textOf } from './project.js';

/** The shell blocks of a page that make formulas, as a reader would paste them. */
function recipes(page: string): readonly string[] {
  return [...textOf(page).matchAll(/```sh\n([\s\S]*?)```/g)]
    .map(([, block]) => block ?? '')
    .filter((block) => block.includes('mkdir -p formulas/'));
}

describe('the formulas in the docs', function () {
  this.timeout(120_000);
  let box: Sandbox;
  let agent: ChildProcess;
  let printed = '';

  const services = async (): Promise<
    Readonly<Record<string, { units: Record<string, { state: string; message: string }> }>>
  > => JSON.parse((await box.ok('status', '--format', 'json')).stdout).services;

  before(async () => {
    box = await Sandbox.create();
    for (const recipe of [...recipes('README.md'), ...recipes('docs/formula-authors.md')])
      await promisify(execFile)('sh', ['-euc', recipe], { cwd: box.directory });
    await box.ok('bootstrap');
    agent = spawn(process.execPath, [agentProgram], {
      env: { PATH: process.env.PATH, ENSEMBLE_HOME: box.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [agent.stdout, agent.stderr])
      output?.on('data', (piece: Buffer) => {
        printed += piece.toString();
      });
    await eventually(async () => {
      const { stdout } = await box.ok('status', '--format', 'json');
      assert.ok(stdout.includes('"agent": "up"'), `${stdout}\nthe agent said: ${printed}`);
    });
  });

  after(async () => {
    if (agent.exitCode === null) {
      const gone = once(agent, 'exit');
      agent.kill();
      await gone;
    }
    await box.dispose();
  });

  const messages = { hello: '', pulse: 'beating every 5 s', notice: 'says: closed today' };
  for (const [name, message] of Object.entries(messages)) {
    it(`run as they are printed, and leave no process behind: ${name}`, async () => {
      await box.ok('deploy', '--repository', 'formulas', name);
      const file = join(box.home, `local/machines/m0/units/${name}-0/data/pid`);
      const pid = Number(await readFile(file, 'utf8'));
      try {
        assert.equal((await services())[name]?.units[`${name}/0`]?.message, message);
        assert.ok(findProcess(pid), 'its service does not run');
      } finally {
        await box.ok('destroy-service', name);
        await eventuallyTrue(`${name} is gone`, async () => (await services())[name] === undefined);
      }
      await eventuallyTrue(`the service of ${name} has ended`, () => findProcess(pid) === undefined);
    });
  }

  it('find each other as they are printed, and a subordinate comes beside', async () => {
    const message = async (unit: string): Promise<string | undefined> =>
      (await services())[unit.replace(/\/.*/, '')]?.units[unit]?.message;
    const says = (unit: string, expected: string): Promise<void> =>
      eventuallyTrue(`${unit} says "${expected}"`, async () => (await message(unit)) === expected);
    await box.ok('deploy', '--repository', 'formulas', '-n', '2', 'store');
    await box.ok('deploy', '--repository', 'formulas', 'app');
    await box.ok('deploy', '--repository', 'formulas', 'beside');
    await box.ok('add-relation', 'app', 'store');
    await box.ok('add-relation', 'beside', 'app');
    await says('app/0', 'stores: store/0:7000 store/1:7000');
    await eventuallyTrue('beside/0 says where it is', async () =>
      /^beside app\/0 at \S+$/.test((await message('beside/0')) ?? ''),
    );
    await box.ok('set', 'store', 'port=7001');
    await says('app/0', 'stores: store/0:7001 store/1:7001');
    await box.ok('remove-unit', 'store/0');
    await says('app/0', 'stores: store/1:7001');
    await box.ok('remove-relation', 'app', 'store');
    await says('app/0', 'needs a store');
    for (const name of ['app', 'store', 'beside']) await box.ok('destroy-service', name);
    await eventuallyTrue('all are gone', async () => Object.keys(await services()).length === 0);
  });
});
