import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { requestResolved } from '../../control/unit/resolve.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { endProcess } from '../end-process.js';
import { eventually } from '../eventually.js';
import { requester, World } from './world.js';

const CONFIG = 'options:\n  title:\n    type: string\n    default: none\n';
const LIVED = ['install 1', 'config-changed 1', 'start 1'];

describe('a machine that was rebooted', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('has the start hook of a started unit run once per boot, and no other hook', async () => {
    const one = await world.publish(1, {
      hooks: { start: 'setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $! >"$TRACE/service"' },
    });
    let agent = await world.agent({ boot: 'first' });
    await world.deploy(one);
    await world.untilOn(one);
    const service = Number(await eventually(() => world.text('service')));
    await agent.stop();
    agent = await world.agent({ boot: 'first' });
    await world.untilOn(one);
    await agent.stop();
    assert.deepEqual(await world.trace(), LIVED, 'a restart of the agent alone runs nothing');
    await endProcess(service);
    agent = await world.agent({ boot: 'second' });
    try {
      await eventually(async () => assert.deepEqual(await world.trace(), [...LIVED, 'start 1']));
      await world.untilOn(one);
      await agent.stop();
      agent = await world.agent({ boot: 'second' });
      // A config change shows that the agent had its look at the unit.
      await world.upgrade(await world.publish(2));
      await world.untilOn('world:f-2');
      const upgraded = ['upgrade-formula 2', 'config-changed 2'];
      assert.deepEqual(await world.trace(), [...LIVED, 'start 1', ...upgraded]);
    } finally {
      await endProcess(Number(await world.text('service')));
    }
  });

  it('runs it after what was under way, and again until an operator takes it as done', async () => {
    const one = await world.publish(1, {
      config: CONFIG,
      hooks: {
        'config-changed': '[ "$(config-get title)" = none ] || gate config',
        start: '[ ! -e "$TRACE/gate-broken" ]',
      },
    });
    let agent = await world.agent({ boot: 'first' });
    await world.deploy(one);
    await world.untilOn(one);
    await setConfigValues(world.coordinator, 'f', { title: 'other' });
    await world.until('configuring');
    await eventually(async () => assert.equal((await world.trace()).length, 4));
    await agent.stop();
    await world.openGate('broken');
    await world.openGate('config');
    agent = await world.agent({ boot: 'second' });
    const { since } = (await world.until('start-error')).status;
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await eventually(async () =>
      assert.equal((await world.trace()).filter((run) => run === 'start 1').length, 3),
    );
    // Not the error of before, which is told until the hook has taken a tenth of a second.
    await eventually(async () => assert.notEqual((await world.unit()).status.since, since));
    await world.until('start-error');
    await requestResolved(world.coordinator, 'f/0', false, requester);
    await world.until('started');
    await agent.stop();
    await world.agent({ boot: 'second' });
    await world.upgrade(await world.publish(2, { config: CONFIG }));
    await world.untilOn('world:f-2');
    assert.equal((await world.trace()).filter((run) => run.startsWith('start')).length, 3);
  });

  it('adopts no process of the boot before, whoever has its number now', async () => {
    const one = await world.publish(1, {
      hooks: {
        install: 'echo "$ENSEMBLE_HOOK_ATTEMPT $$" >>"$TRACE/pids"; gate "install$ENSEMBLE_HOOK_ATTEMPT"',
      },
    });
    const agent = await world.agent({ boot: 'first' });
    await world.deploy(one);
    await eventually(() => world.text('pids'));
    await agent.stop();
    await world.agent({ boot: 'second' });
    await eventually(async () => {
      const attempts = (await readFile(world.path('trace', 'pids'), 'utf8')).trim().split('\n');
      assert.deepEqual(
        attempts.map((line) => line.split(' ')[0]),
        ['1', '2'],
      );
    });
    await world.openGate('install2');
    await world.untilOn(one);
  });
});
