import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { eventually } from '../eventually.js';
import { ensembleProgram } from '../programs.js';
import { FakeAgent } from './fake-agent.js';
import type { CommandProcess } from '../command-process.js';
import { useSandbox } from './sandbox.js';

const one = 'principia:guestbook-1';
const two = 'principia:guestbook-2';

describe('following units', () => {
  const world = useSandbox();
  let agent: FakeAgent;

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
    agent = new FakeAgent(await world.box.coordinator());
  });

  const deploy = ['deploy', '--repository', 'principia', '-n', '2', 'guestbook'];
  const says = (running: CommandProcess, text: string) =>
    eventually(() => assert.ok(running.stderr().includes(text), running.stderr()));

  it('says that no agent is running anywhere, how to start one, and that the request waits', async () => {
    const { code, stderr } = await world.box.run(...deploy);
    assert.equal(code, 1);
    assert.match(stderr, /\n0 of 2 units run principia:guestbook-1 \(1\.\d s\)\n/);
    assert.match(
      stderr,
      /\nno agent is running on any machine: start one with: ensemble-agent\n {2}until then guestbook\/0, guestbook\/1 wait; the request is kept\n$/,
    );
    assert.match((await world.box.ok('status')).stdout, /\nguestbook\/1 {2}pending /);
  });

  it('names the machine whose agent is not running', async () => {
    await agent.register();
    const { code, stderr } = await world.box.run(...deploy);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /\nno agent is running on m0: start it on m0\.test .* ensemble-agent --machine m0 with its --data-dir\n/,
    );
    const chosen = await world.box.run('add-unit', '-e', 'local', 'guestbook');
    assert.match(
      chosen.stderr,
      /start it on m0\.test .* ensemble-agent -e local --machine m0 with its --data-dir\n/,
    );
  });

  it('only warns of it with --no-wait', async () => {
    await agent.register();
    const { code, stderr } = await world.box.run(...deploy, '--no-wait');
    assert.equal(code, 0);
    assert.match(
      stderr,
      /\nwarning: no agent is running on m0, so guestbook\/0, guestbook\/1 must wait; start it on m0\.test/,
    );
  });

  it('goes on when the agent comes up in time', async () => {
    await agent.register();
    const running = world.box.start(deploy);
    await says(running, 'no agent is running on m0');
    await agent.up();
    await agent.start('guestbook/0', one);
    await agent.start('guestbook/1', one);
    assert.equal((await running.ended).code, 0);
  });

  it('writes a line whenever a unit does something else, and no line twice', async () => {
    await (await agent.register()).up();
    const running = world.box.start(deploy);
    await says(running, 'guestbook/1: pending');
    await agent.report('guestbook/0', { state: 'installing' });
    await says(running, 'guestbook/0: installing');
    await agent.report('guestbook/0', { state: 'installing' });
    await agent.report('guestbook/0', { state: 'starting' });
    await says(running, 'guestbook/0: starting');
    await agent.start('guestbook/0', one);
    await agent.start('guestbook/1', one);
    const { stderr } = await running.ended;
    const lines = stderr.split('\n').filter((line) => line.startsWith('guestbook/0: '));
    assert.ok(
      lines.every((line, index) => line !== lines[index - 1]),
      stderr,
    );
    assert.ok(!stderr.includes('\u001b'), 'nothing is redrawn in a pipe');
  });

  it('waits for the other units when one fails, then tells of it and exits 1', async () => {
    await (await agent.register()).up();
    const running = world.box.start(deploy);
    await eventually(() => agent.unit('guestbook/1'));
    await agent.report('guestbook/0', { state: 'install-error', message: 'hook install exited with 1' });
    await says(running, 'guestbook/0: install-error: hook install exited with 1');
    await agent.start('guestbook/1', one);
    const { code, stderr } = await running.ended;
    assert.equal(code, 1);
    assert.match(stderr, /\n1 of 2 units run principia:guestbook-1 /);
    assert.ok(
      stderr.endsWith(
        'guestbook/0 failed: install-error: hook install exited with 1\n  try: ensemble resolved --retry guestbook/0\n',
      ),
      stderr,
    );
  });

  it('is content when a failed unit is resolved while the others are under way', async () => {
    await (await agent.register()).up();
    const running = world.box.start(deploy);
    await eventually(() => agent.unit('guestbook/1'));
    await agent.report('guestbook/0', { state: 'install-error', message: 'no' });
    await says(running, 'guestbook/0: install-error');
    await agent.start('guestbook/0', one);
    await agent.start('guestbook/1', one);
    assert.equal((await running.ended).code, 0);
  });

  it('does not wait for a unit that somebody removes', async () => {
    await (await agent.register()).up();
    const running = world.box.start(deploy);
    await says(running, 'guestbook/1: pending');
    await agent.start('guestbook/0', one);
    await agent.report('guestbook/1', { state: 'stopping' });
    const { code, stderr } = await running.ended;
    assert.equal(code, 0);
    assert.match(stderr, /\n1 of 2 units run .*\nguestbook\/1 was removed meanwhile\n$/);
  });

  it('stops after --timeout, names who is still under way and who cannot go on, and exits 1', async () => {
    await (await agent.register()).up();
    const running = world.box.start([...deploy, '--timeout', '4s']);
    await eventually(() => agent.unit('guestbook/1'));
    await agent.report('guestbook/0', { state: 'starting', message: 'reads the index' });
    await agent.report('guestbook/1', { state: 'installing', message: 'the storage does not answer' });
    const { code, stderr } = await running.ended;
    assert.equal(code, 1);
    assert.match(stderr, /\nguestbook\/1 cannot go on: installing: the storage does not answer\n/);
    assert.match(
      stderr,
      /\nstopped following after 4\.\d s; the units go on\. Still under way:\n {2}guestbook\/0: starting: reads the index\n {2}try: ensemble status guestbook\n {2}to end its hook, should it hang: ensemble abort guestbook\/0\n$/,
    );
  });

  it('of a set ends by Ctrl-C, which stops the following alone, and says so', async () => {
    await (await agent.register()).up();
    await world.box.formula('guestbook', 2, { config: 'options:\n  title: {type: string}\n' });
    await world.box.ok(...deploy, '--no-wait');
    await agent.start('guestbook/0', two);
    await agent.start('guestbook/1', two);
    const config = { seen: 0, tried: 0 };
    for (const unit of ['guestbook/0', 'guestbook/1']) await agent.report(unit, { state: 'started', config });
    const running = world.box.start(['set', 'guestbook', 'title=b']);
    await says(running, 'guestbook/1: started');
    await agent.report('guestbook/0', { state: 'started', config: { seen: 1, tried: 1 } });
    await agent.report('guestbook/1', { state: 'configuring', config: { seen: 0, tried: 1 } });
    await says(running, 'guestbook/1: configuring');
    running.process.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130);
    assert.ok(
      stderr.endsWith('stopped following; the units go on. See how far with: ensemble status guestbook\n'),
      stderr,
    );
  });

  describe('of an upgrade', () => {
    beforeEach(async () => {
      await (await agent.register()).up();
      await world.box.ok(...deploy, '--no-wait');
      await agent.start('guestbook/0', one);
      await agent.start('guestbook/1', one);
      await world.box.formula('guestbook', 2);
    });

    it('ends by Ctrl-C, which stops the following and not the upgrade, and says so', async () => {
      const running = world.box.start(['upgrade-formula', '--strategy', 'all', 'guestbook']);
      await says(running, 'guestbook/1: started, upgrade wanted');
      running.process.kill('SIGINT');
      const { code, stderr } = await running.ended;
      assert.equal(code, 130);
      assert.ok(
        stderr.endsWith(
          'stopped following; the upgrade goes on. See how far with: ensemble status guestbook\n' +
            'to go back to principia:guestbook-1: ensemble revert-formula guestbook\n',
        ),
        stderr,
      );
      assert.ok((await agent.unit('guestbook/0')).flag !== undefined);
    });

    it('shows the steps', async () => {
      const running = world.box.start(['upgrade-formula', '--strategy', 'all', 'guestbook']);
      await says(running, 'guestbook/1: started, upgrade wanted');
      const upgrade = { from: one, to: two, since: new Date().toISOString() };
      await agent.report('guestbook/0', { state: 'started', upgrade: { step: 'fetching', ...upgrade } });
      await says(running, 'guestbook/0: started, fetching');
      await agent.report('guestbook/0', { state: 'upgrading', upgrade: { step: 'hook', ...upgrade } });
      await says(running, 'guestbook/0: upgrading, hook');
      await agent.upgrade('guestbook/0', two);
      await agent.upgrade('guestbook/1', two);
      assert.equal((await running.ended).code, 0);
    });

    it('does not take a unit for done that was started before and has the flag still', async () => {
      const running = world.box.start([
        'upgrade-formula',
        '--strategy',
        'all',
        '--timeout',
        '4s',
        'guestbook',
      ]);
      await says(running, 'guestbook/1: started, upgrade wanted');
      const { code, stderr } = await running.ended;
      assert.equal(code, 1);
      assert.match(stderr, /\n0 of 2 units run principia:guestbook-2/);
    });

    it('does not wait for units that a later upgrade takes further', async () => {
      const running = world.box.start(['upgrade-formula', '--strategy', 'all', 'guestbook']);
      await says(running, 'guestbook/1: started, upgrade wanted');
      await agent.upgrade('guestbook/0', two);
      await agent.upgrade('guestbook/1', 'principia:guestbook-3');
      const { code, stderr } = await running.ended;
      assert.equal(code, 0);
      assert.match(stderr, /\nguestbook\/1 was upgraded further meanwhile\n$/);
    });

    it('draws a table over itself on a terminal', async () => {
      const home = {
        HOME: world.box.directory,
        ENSEMBLE_HOME: world.box.home,
        ENSEMBLE_NO_NOTICES: '1',
      };
      const child = spawn(
        'script',
        [
          '-qec',
          `"${process.execPath}" "${ensembleProgram}" upgrade-formula --strategy all guestbook`,
          '/dev/null',
        ],
        { env: { PATH: process.env.PATH, TERM: 'xterm', ...home }, stdio: ['ignore', 'pipe', 'ignore'] },
      );
      let screen = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        screen += text;
      });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      await eventually(() => assert.ok(screen.includes('upgrade wanted'), screen));
      assert.match(screen, /UNIT +MACHINE +STATE +MESSAGE/);
      await agent.upgrade('guestbook/0', two);
      await eventually(() => assert.ok(screen.includes('1 of 2 done'), screen));
      await agent.upgrade('guestbook/1', two);
      assert.equal(await ended, 0);
      assert.ok(screen.includes('\u001b[4A'), 'the table of four lines is drawn over');
      assert.ok(screen.includes('\u001b[32m'), 'what is done is green');
      assert.match(screen, /2 of 2 units run principia:guestbook-2 /);
    });
  });
});
