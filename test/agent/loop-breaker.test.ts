import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { fileDigest } from '../../state/storage/digest.js';
import { bundleKey } from '../../state/storage/key.js';
import { eventually } from '../eventually.js';
import { requester, World } from './world.js';

/** On which the pauses between two tries pass at once. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  after: (ms, callback) => systemClock.after(ms >= 250 && ms <= 60_000 ? 1 : ms, callback),
};

describe('the loop breaker', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const dying = (point: string) => ({
    ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
    ENSEMBLE_FAULTS: `${point}=kill:always`,
  });

  /** Starts agents, as a supervisor does, until one is not killed. @returns how many were */
  async function untilOneLives(point: string): Promise<number> {
    for (let deaths = 0; deaths < 12; deaths += 1) {
      const agent = await world.agentProcess('m0', { up: false, variables: dying(point) });
      const lives = eventually(async () => {
        const { status } = await world.unit();
        assert.match(`${status.message}`, /agents in a row died/);
        return true;
      }, 60_000);
      const died = await Promise.race([agent.ended().then(() => true), lives.then(() => false)]);
      lives.catch(() => undefined);
      if (!died) {
        await agent.kill('SIGTERM');
        return deaths;
      }
    }
    throw new Error('agents were killed for ever');
  }

  it('does not try a config again that ended agents, and takes another one for a beginning', async function () {
    this.timeout(120_000);
    const config = 'options:\n  title: {type: string, default: a}\n';
    const one = await world.publish(1, {
      config,
      hooks: { 'config-changed': 'config-get title >>"$TRACE/titles"' },
    });
    const first = await world.agentProcess();
    await world.deploy(one);
    await world.untilOn(one);
    await first.kill('SIGTERM');
    await setConfigValues(world.coordinator, 'f', { title: 'b' });
    assert.equal(await untilOneLives('configuring.journal.before'), 5);
    const tried = (version: number) =>
      eventually(async () => assert.equal((await world.unit()).status.config?.tried, version));
    await world.agent();
    await setConfigValues(world.coordinator, 'f', { unknown: true });
    await tried(2);
    assert.equal((await world.unit()).status.state, 'config-error');
    assert.equal(await world.text('titles'), 'a\n');
    await setConfigValues(world.coordinator, 'f', { title: 'c' });
    await world.until('started');
    assert.equal(await world.text('titles'), 'a\nc\n');
  });

  it('gives up a step at which five agents in a row died, and names the way out', async function () {
    this.timeout(120_000);
    const one = await world.publish(1);
    await world.deploy(one);
    assert.equal(await untilOneLives('installing.extract.before'), 5);
    const { status } = await world.unit();
    assert.equal(status.state, 'install-error');
    assert.match(status.message, /^5 agents in a row died while f\/0 was installing/);
    assert.match(status.next ?? '', /log of the agent, then: ensemble resolved --retry f\/0$/);
    await world.agent();
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await world.untilOn(one);
    assert.deepEqual(await world.trace(), ['install 1', 'config-changed 1', 'start 1']);
  });

  it('gives up a bundle that is damaged each time, and takes it once it is mended', async () => {
    const one = await world.publish(1);
    const object = world.path('storage', bundleKey((await fileDigest(world.path('f-1.tar.gz'))).sha256));
    const sound = await readFile(object);
    await chmod(object, 0o600);
    await writeFile(object, Buffer.alloc(sound.length));
    await world.deploy(one);
    await world.agent({
      clock: hurried,
      open: (url, options) => openCoordinator(url, { ...options, clock: systemClock }),
    });
    const { status } = await world.until('install-error');
    assert.match(status.message, /is damaged: its sha256 is .*; 20 times in a row$/);
    assert.match(
      status.next ?? '',
      /publish the formula again: ensemble upgrade-formula f, then: ensemble resolved --retry f\/0$/,
    );
    await writeFile(object, sound);
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await world.untilOn(one);
  });
});
