import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import { ensembleProgram } from '../programs.js';
import { Terminal } from '../terminal.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

const FAILED =
  'hook "config-changed" of web/3 failed with exit status 1; it said last: port 80 is taken by nginx';
const OTHER = 'hook "config-changed" of web/4 failed with exit status 1; it said last: no such user: www';

describe('ensemble status on a screen', () => {
  const world = useSandbox();
  let agent: FakeAgent;
  let terminal: Terminal;

  beforeEach(async () => {
    const { box } = world;
    terminal = new Terminal();
    await box.bootstrap();
    await box.formula('web', 1);
    agent = await (await new FakeAgent(await box.coordinator()).register()).up();
    await box.ok('deploy', '--no-wait', '--repository', 'principia', '-n', '40', 'web');
    for (let unit = 0; unit < 40; unit++) await agent.start(`web/${unit}`, 'principia:web-1');
    const fail = (unit: string, message: string, brief: string): Promise<void> =>
      agent.report(unit, {
        state: 'config-error',
        since: '2026-01-01T12:00:00.123Z',
        message,
        brief,
        next: `ensemble debug-log -i ${unit}, then: ensemble resolved --retry ${unit}`,
      });
    await fail('web/3', FAILED, 'port 80 is taken by nginx (exit status 1)');
    await fail('web/4', OTHER, 'no such user: www (exit status 1)');
  });

  afterEach(() => terminal.close());

  const show = (words: string, columns: number, rows: number): Promise<Terminal> =>
    terminal.open(
      `"${process.execPath}" "${ensembleProgram}" status ${words}; echo exit $?`,
      { columns, rows },
      { ENSEMBLE_HOME: world.box.home, NO_COLOR: '1' },
    );

  for (const columns of [60, 80, 120, 200])
    it(`tells failures apart and says each in full, with the way out, on ${columns} columns`, async () => {
      await show('', columns, 100);
      await eventually(async () => assert.match((await terminal.screen()).join('\n'), /\nexit 0$/));
      const lines = await terminal.screen();
      assert.ok(!lines.some((line) => line.includes('…')), 'nothing is cut');
      assert.ok(lines.includes('40 units: 2 config-error, 38 started'));
      const heads = lines
        .map((line, index) => (line.startsWith('web/') ? index : -1))
        .filter((index) => index >= 0);
      assert.match(lines[heads[0] ?? 0] ?? '', /^web\/3 +config-error/, 'what failed stands first');
      const words = lines.map((line) => line.trim()).join(' ');
      // In the table, whatever its width, the cause; and below it everything.
      for (const said of [
        'port 80 is taken by nginx (exit status 1)',
        'no such user: www (exit status 1)',
        FAILED,
        OTHER,
      ])
        assert.ok(words.includes(said), said);
      const attention = lines.slice(lines.indexOf('NEEDS ATTENTION'));
      assert.equal(attention[1], 'web/3: config-error since 2026-01-01 12:00:00Z');
      assert.ok(attention.includes('    next: ensemble debug-log -i web/3'));
      assert.ok(attention.includes('    then: ensemble resolved --retry web/3'));
    });

  it('keeps what failed on the screen while it is watched, however many units there are', async () => {
    await show('--watch', 80, 24);
    await eventually(async () => {
      const lines = await terminal.screen();
      assert.equal(lines[0], 'environment local');
      for (const unit of ['web/3', 'web/4'])
        assert.ok(
          lines.some((line) => line.startsWith(`${unit}: config-error`)),
          lines.join('\n'),
        );
      assert.ok(lines.some((line) => /… \d+ more lines/.test(line)));
    });
  });

  it('shows only units in the states, on the machines and behind as asked', async () => {
    const units = async (...words: string[]): Promise<readonly string[]> => {
      const { stdout } = await world.box.ok('status', '--format', 'json', ...words);
      return Object.values<{ units: object }>(JSON.parse(stdout).services).flatMap((each) =>
        Object.keys(each.units),
      );
    };
    assert.deepEqual(await units('--state', 'error'), ['web/3', 'web/4']);
    assert.deepEqual(await units('--state', 'config-error', '--state', 'stopping'), ['web/3', 'web/4']);
    assert.equal((await units('--state', 'started')).length, 38);
    assert.deepEqual(await units('--machine', 'm1'), []);
    assert.equal((await units('--machine', 'm0')).length, 40);
    assert.deepEqual(await units('--behind'), []);
    await world.box.formula('web', 2);
    await world.box.ok('upgrade-formula', '--strategy', 'all', '--no-wait', 'web');
    await agent.upgrade('web/0', 'principia:web-2');
    assert.equal((await units('--behind')).length, 39);
    assert.deepEqual(await units('--behind', 'web/0', 'web/1'), ['web/1']);
    const refused = await world.box.run('status', '--state', 'broken');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /States are error, pending,/);
  });
});
