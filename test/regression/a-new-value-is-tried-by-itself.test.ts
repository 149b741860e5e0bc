import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { requestResolved } from '../../control/unit/resolve.js';
import type { WantedValues } from '../../control/config/set-config.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const ONE = 'world:f-1';
const CONFIG = 'options:\n  title: {type: string, default: a}\n';
const NOTES = 'echo "$(config-get title)" >>"$TRACE/titles"; ';
const REFUSES = `${NOTES}case "$(config-get title)" in bad*) exit 3;; esac`;

/** A unit whose `config-changed` failed stayed in its error until `resolved`, whatever was set to mend it. */
describe('a new value is tried by itself', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const set = (values: WantedValues): Promise<unknown> => setConfigValues(world.coordinator, 'f', values);
  const titles = async (): Promise<string> =>
    (await world.text('titles'))
      .split('\n')
      .filter((line) => line !== '')
      .join(' ');
  /** Until the hook is through for the config that stands, or has failed for it. */
  const untilTried = (state: string): Promise<unknown> =>
    eventually(async () => {
      const { status } = await world.unit();
      const version = (await world.coordinator.get(paths.config('f')))?.version;
      assert.deepEqual([status.state, status.config?.tried], [state, version], JSON.stringify(status));
    });

  async function failed(hooks: Readonly<Record<string, string>> = {}): Promise<void> {
    await world.publish(1, { config: CONFIG, hooks: { 'config-changed': REFUSES, ...hooks } });
    await world.agent();
    await world.deploy(ONE);
    await world.untilOn(ONE);
    await set({ title: 'bad' });
    await untilTried('config-error');
  }

  it('where config-changed failed, also where that fails again', async () => {
    await failed();
    await set({ title: 'bad too' });
    await untilTried('config-error');
    await set({ title: 'good' });
    await untilTried('started');
    assert.equal(await titles(), 'a bad bad too good');
  });

  it('also the one before', async () => {
    await failed();
    await set({ title: undefined });
    await untilTried('started');
    assert.equal(await titles(), 'a bad a');
  });

  it('not the same again', async () => {
    await failed();
    // Back before anybody saw it, as far as the unit is concerned.
    await world.stopAgents();
    await set({ title: 'good' });
    await set({ title: 'bad' });
    await world.agent();
    await untilTried('config-error');
    assert.equal(await titles(), 'a bad');
  });

  it('where it was set while the agent was down', async () => {
    await failed();
    await world.stopAgents();
    await set({ title: 'good' });
    await world.agent();
    await untilTried('started');
    assert.equal(await titles(), 'a bad good');
  });

  it('where it was set while the hook ran that failed', async () => {
    await failed({
      'config-changed': `${NOTES}case "$(config-get title)" in slow) gate go; exit 3;; bad) exit 3;; esac`,
    });
    await set({ title: 'slow' });
    await eventually(async () => assert.equal(await titles(), 'a bad slow'));
    await set({ title: 'x' });
    await set({ title: 'good' });
    await world.openGate('go');
    await untilTried('started');
    assert.equal(await titles(), 'a bad slow good');
  });

  it('where config-changed failed before the first start, which then starts', async () => {
    await world.publish(1, {
      config: CONFIG.replace('default: a', 'default: bad'),
      hooks: { 'config-changed': REFUSES },
    });
    await world.agent();
    await world.deploy(ONE);
    await world.until('start-error');
    await set({ title: 'good' });
    await world.untilOn(ONE);
    assert.deepEqual((await world.trace()).slice(1), ['config-changed 1', 'config-changed 1', 'start 1']);
  });

  it('where start failed, which is started with it', async () => {
    const start = '[ "$(config-get title)" = good ]';
    await world.publish(1, { config: CONFIG, hooks: { start } });
    await world.agent();
    await world.deploy(ONE);
    await world.until('start-error');
    await set({ title: 'bad' });
    await untilTried('start-error');
    await set({ title: 'good' });
    await world.untilOn(ONE);
    assert.equal((await world.trace()).filter((line) => line === 'start 1').length, 3);
    assert.equal((await world.trace()).at(-2), 'config-changed 1');
  });

  it('where install failed, also where it was set while the agent was down; and set says whether it helps', async () => {
    await world.publish(1, {
      config: CONFIG.replace('default: a', 'default: bad'),
      hooks: { install: REFUSES },
    });
    await world.agent();
    await world.deploy(ONE);
    await world.until('install-error');
    const worse = await ensemble(world, 'set', 'f', 'title=bad2');
    assert.equal(worse.code, 1);
    assert.match(worse.stderr, /f\/0 failed: install-error: .*\n.*set --undo f/);
    await world.stopAgents();
    await set({ title: 'bad3' });
    await world.agent();
    await untilTried('install-error');
    const better = await ensemble(world, 'set', 'f', 'title=good');
    assert.equal(better.code, 0, better.stderr);
    await world.untilOn(ONE);
    assert.equal(await titles(), 'bad bad2 bad3 good');
  });

  it('at once where install waits for its next try', async () => {
    const metadata =
      'name: f\nrevision: 1\nsummary: s\nhooks:\n  install:\n    retry: {attempts: 2, backoff: 900}\n';
    await world.publish(1, {
      config: CONFIG.replace('default: a', 'default: bad'),
      hooks: { install: REFUSES },
      files: { 'metadata.yaml': metadata },
    });
    await world.agent();
    await world.deploy(ONE);
    await eventually(async () => assert.equal((await world.unit()).status.waiting?.attempt, 1));
    await set({ title: 'good' });
    await world.untilOn(ONE);
    assert.equal(await titles(), 'bad good');
  });

  it('at once where the hook waits for its next try, and as often as the one before', async () => {
    const metadata =
      'name: f\nrevision: 1\nsummary: s\nhooks:\n  config-changed:\n    retry: {attempts: 2, backoff: 900}\n';
    await world.publish(1, {
      config: CONFIG,
      hooks: { 'config-changed': REFUSES },
      files: { 'metadata.yaml': metadata },
    });
    await world.agent();
    await world.deploy(ONE);
    await world.untilOn(ONE);
    for (const title of ['bad', 'bad2']) {
      await set({ title });
      await eventually(async () => assert.match(await titles(), new RegExp(`${title}$`)));
      await eventually(async () => assert.equal((await world.unit()).status.waiting?.attempt, 1));
    }
    await set({ title: 'good' });
    await untilTried('started');
    assert.equal(await titles(), 'a bad bad2 good');
  });

  it('nothing else leaves the error: not what another option of another formula is set to', async () => {
    await failed();
    await set({ unknown: 'x' });
    await untilTried('config-error');
    assert.equal(await titles(), 'a bad');
    await requestResolved(world.coordinator, 'f/0', false, requester);
    await untilTried('started');
    assert.equal((await world.unit()).status.config?.seen, 2, 'taken as done');
  });
});
