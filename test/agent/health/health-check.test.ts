import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { pauseAfter } from '../../../agent/health/unit-health.js';
import { eventually } from '../../eventually.js';
import { ensemble } from '../operator.js';
import { World } from '../world.js';

const one = 'world:f-1';
const two = 'world:f-2';
const hour = 3_600_000;

describe('the time to the next health-check', () => {
  const rows: readonly (readonly [string, Parameters<typeof pauseAfter>, number])[] = [
    ['is a second at first', [true, 0, 20], 1_000],
    ['is longer the longer it is healthy', [true, 60_000, 20], 12_000],
    ['is none after an hour', [true, hour + 1, 20], Infinity],
    ['is the interval of a formula that has one', [true, hour + 1, 20, 30_000], 30_000],
    ['is shorter than the interval at first', [true, 10_000, 20, 30_000], 2_000],
    ['is as long as the check took at least', [true, 0, 8_000, 1_000], 8_000],
    ['is a minute at most of one that is unhealthy', [false, hour, 20], 60_000],
    ['is the interval at most of one that is unhealthy', [false, hour, 20, 30_000], 30_000],
  ];
  for (const [rule, args, expected] of rows) it(rule, () => assert.equal(pauseAfter(...args), expected));
});

describe('a formula that says if its unit is healthy', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const ill = () => world.path('trace', 'ill');
  const hook = '[ ! -e "$TRACE/ill" ] || { echo no page >&2; exit 3; }';
  const publish = (revision: number, body = hook) =>
    world.publish(revision, {
      hooks: { 'health-check': body },
      files: { 'metadata.yaml': `name: f\nrevision: ${revision}\nsummary: s\nhealth: {interval: 1s}\n` },
    });
  const health = async () => (await world.unit()).status.health;
  const until = (state: string) =>
    eventually(async () => {
      const found = await health();
      assert.equal(found?.state, state);
      return found;
    });

  it('stands in status, and changes by itself', async () => {
    await publish(1);
    await world.agent();
    await world.deploy(one);
    await until('healthy');
    await writeFile(ill(), '');
    const { reason } = (await until('unhealthy')) ?? {};
    assert.match(reason ?? '', /health-check/);
    assert.match((await ensemble(world, 'status')).stdout, /started, unhealthy .*unhealthy: /);
    const shown = JSON.parse((await ensemble(world, 'status', '--format', 'json')).stdout);
    assert.equal(shown.services.f.units['f/0'].health.state, 'unhealthy');
    assert.equal((await world.unit()).status.state, 'started');
    await rm(ill());
    await until('healthy');
    assert.equal(
      (await world.trace()).filter((line) => line.startsWith('start ')).length,
      1,
      'nothing is restarted',
    );
    const said = world.log.flatMap(({ level, message }) =>
      /health/.test(message) && level !== 'debug' ? [`${level} ${message.split(':')[0]}`] : [],
    );
    assert.deepEqual(said, ['info healthy', 'warning unhealthy', 'info healthy']);
    // That it was well at first is no news.
    await eventually(async () => {
      const { stdout } = await ensemble(world, 'history', '--format', 'json', '--what', 'health', 'f/0');
      const entries: readonly { readonly outcome: string; readonly message: string }[] = JSON.parse(stdout);
      assert.deepEqual(
        entries.map(({ outcome, message }) => `${outcome}: ${message}`),
        [`failed: ${reason}`, 'done: healthy again'],
      );
    });
  });

  it('keeps since when it says so, over a restart of the agent', async () => {
    await publish(1);
    const agent = await world.agent();
    await world.deploy(one);
    const before = await until('healthy');
    await agent.stop();
    const runs = (await world.trace()).length;
    await world.agent();
    await eventually(async () => assert.ok((await world.trace()).length > runs, 'it is asked again'));
    assert.deepEqual(await health(), before);
  });

  it('is asked anew after an upgrade, and nothing stands of a formula without it', async () => {
    await publish(1);
    await world.agent();
    await world.deploy(one);
    await until('healthy');
    await publish(2, 'exit 4');
    await world.upgrade(two);
    await world.untilOn(two);
    await until('unhealthy');
    await world.publish(3);
    await world.upgrade('world:f-3');
    await world.untilOn('world:f-3');
    assert.equal(await health(), undefined);
  });

  it('has a canary that is not healthy turn back', async () => {
    await publish(1);
    await world.agent();
    await world.deploy(one);
    await until('healthy');
    await world.writeFormula(2, { hooks: { 'health-check': 'exit 4' } });
    const end = await ensemble(
      world,
      ...['upgrade-formula', '--repository', 'world', '--canary', '1', '--health-deadline', '2s'],
      ...['--min-healthy', '0s', '--on-failure', 'revert', 'f'],
    );
    assert.equal(end.code, 1, end.stderr);
    assert.match(end.stderr, /the rollout went back to world:f-1: f\/0 failed: not healthy within 2 s/);
    await world.untilOn(one);
    await until('healthy');
  });
});
