import assert from 'node:assert/strict';
import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { openJournal } from '../../agent/journal/journal.js';
import { findProcess } from '../../state/platform/process-stat.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { agentSchema } from '../../state/model/machine-schemas.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { endProcess } from '../end-process.js';
import { eventually } from '../eventually.js';
import { chooseSeed, seeded } from '../random.js';
import { requester, World } from './world.js';

const CONFIG = 'options:\n  title:\n    type: string\n    default: none\n';
const LIVED = ['install 1', 'config-changed 1', 'start 1'];

describe('an agent that is killed or restarted', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** What the journal says must be what the tree and the disk say, with nothing left over. */
  async function assertAgreement(unit: string): Promise<void> {
    const journal = openJournal(world.path('machines', 'm0', 'journal'));
    const record = journal.load().units.find((each) => each.unit === unit);
    await journal.close();
    const { status, unit: node } = await world.unit(unit);
    assert.ok(record);
    assert.deepEqual([record.state, record.formula?.id ?? null], [status.state, node.formula]);
    assert.deepEqual([record.hook, record.upgrade], [null, null]);
    assert.equal(await readlink(world.unitPath(unit, 'formula')), `.formula/${record.formula?.directory}`);
  }

  const seed = chooseSeed();
  it(`ends where an undisturbed one does, each hook run once: 30 kills at random (SEED=${seed})`, async function () {
    this.timeout(240_000);
    const random = seeded(seed);
    const brief = Object.fromEntries(
      ['install', 'config-changed', 'start', 'upgrade-formula'].map((hook) => [hook, 'sleep 0.02']),
    );
    const one = await world.publish(1, { hooks: brief });
    const two = await world.publish(2, { hooks: brief });
    const bad = await world.publish(3, { hooks: { ...brief, 'upgrade-formula': 'sleep 0.02; exit 1' } });
    let agent = await world.agentProcess();
    const killSometime = async (): Promise<void> => {
      await pause(random() * 250);
      await agent.kill();
      agent = await world.agentProcess('m0', { up: false });
    };
    for (let round = 0; round < 15; round += 1) {
      const service = `r${String.fromCharCode(97 + round)}`;
      const unit = `${service}/0`;
      const target = round % 3 === 2 ? bad : two;
      await world.deploy(one, 1, service);
      await killSometime();
      await world.untilOn(one, unit);
      assert.deepEqual(await world.trace(unit), LIVED);
      await world.upgrade(target, [unit], false, service);
      await killSometime();
      if (target === bad) {
        await world.until('upgrade-error', unit);
        assert.deepEqual(await world.trace(unit), [...LIVED, 'upgrade-formula 3']);
        await requestResolved(world.coordinator, unit, false, requester);
      }
      await world.untilOn(target, unit);
      const revision = target === bad ? 3 : 2;
      const all = [...LIVED, `upgrade-formula ${revision}`, `config-changed ${revision}`];
      assert.deepEqual(await world.trace(unit), all);
      await eventually(() => assertAgreement(unit));
    }
    assert.deepEqual(await world.runs(), [], 'no run is left over');
  });

  it('leaves a running hook alone: killed ten times in a row, the hook is one process and runs once', async function () {
    this.timeout(120_000);
    const one = await world.publish(1, { hooks: { install: 'echo $$ >>"$TRACE/pids"; gate install' } });
    let agent = await world.agentProcess();
    await world.deploy(one);
    await eventually(async () => assert.deepEqual(await world.trace(), ['install 1']));
    for (let kill = 0; kill < 10; kill += 1) {
      await agent.kill();
      agent = await world.agentProcess();
    }
    const pid = Number(await readFile(world.path('trace', 'pids'), 'utf8'));
    assert.ok(findProcess(pid), 'the hook is still the same process');
    await world.openGate('install');
    await world.untilOn(one);
    assert.deepEqual(await world.trace(), LIVED);
  });

  it('answers the tools of a hook that it adopts, also one that calls them while there is no agent', async () => {
    const one = await world.publish(1, {
      config: CONFIG,
      hooks: { install: 'gate install; config-get title >>"$trace"; open-port 80/tcp' },
    });
    const agent = await world.agentProcess();
    await world.deploy(one);
    await eventually(async () => assert.deepEqual(await world.trace(), ['install 1']));
    await agent.kill();
    await world.openGate('install');
    await world.agentProcess();
    await world.untilOn(one);
    assert.deepEqual(await world.trace(), ['install 1', 'none', 'config-changed 1', 'start 1']);
    assert.deepEqual((await world.unit()).unit.ports, ['80/tcp']);
  });

  it('finds out that a hook failed while it was away', async () => {
    const one = await world.publish(1, { hooks: { install: 'gate install; echo no room >&2; exit 1' } });
    const agent = await world.agentProcess();
    await world.deploy(one);
    await eventually(async () => assert.deepEqual(await world.trace(), ['install 1']));
    await agent.kill();
    await world.openGate('install');
    await world.agentProcess();
    const { status } = await world.until('install-error');
    assert.match(status.message, /no room/);
    assert.deepEqual(await world.trace(), ['install 1']);
  });

  it('runs config-changed again for a change that came while the hook ran without it', async () => {
    const one = await world.publish(1, {
      config: CONFIG,
      hooks: {
        'config-changed':
          'title=$(config-get title); [ "$title" != first ] || gate config; echo "$title" >>"$trace"',
      },
    });
    const agent = await world.agentProcess();
    await world.deploy(one);
    await world.untilOn(one);
    await setConfigValues(world.coordinator, 'f', { title: 'first' });
    await eventually(async () => assert.equal((await world.trace()).at(-1), 'config-changed 1'));
    // The hook has read its config when it stands at the gate; what it read is in the journal by then.
    await eventually(async () => {
      const journal = openJournal(world.path('machines', 'm0', 'journal'));
      const hook = journal.load().units[0]?.hook;
      await journal.close();
      assert.match(JSON.stringify(hook?.context ?? {}), /first/);
    });
    await agent.kill();
    await setConfigValues(world.coordinator, 'f', { title: 'second' });
    await world.agentProcess();
    await world.openGate('config');
    await eventually(async () => assert.equal((await world.trace()).at(-1), 'second'));
    assert.deepEqual((await world.trace()).slice(4), [
      'config-changed 1',
      'first',
      'config-changed 1',
      'second',
    ]);
  });

  it('starts a hook again that was killed with it, as the second attempt', async () => {
    const one = await world.publish(1, {
      hooks: {
        install:
          'echo "attempt $ENSEMBLE_HOOK_ATTEMPT" >>"$trace"; echo $$ $PPID >>"$TRACE/pids"; [ "$ENSEMBLE_HOOK_ATTEMPT" = 2 ] || gate never',
      },
    });
    const agent = await world.agentProcess();
    await world.deploy(one);
    const pids = await eventually(async () => {
      const [first, parent] = (await readFile(world.path('trace', 'pids'), 'utf8')).trim().split(' ');
      assert.ok(parent);
      return [Number(first), Number(parent)];
    });
    await agent.kill();
    for (const pid of pids.reverse()) endProcess(pid);
    await world.agentProcess();
    await world.untilOn(one);
    assert.deepEqual(await world.trace(), [
      'install 1',
      'attempt 1',
      'install 1',
      'attempt 2',
      ...LIVED.slice(1),
    ]);
  });

  it('on SIGTERM ends with 0 and leaves units, their processes and its presence as they are', async () => {
    const one = await world.publish(1, {
      hooks: { start: 'setsid sleep 300 >/dev/null 2>&1 & echo $! >"$TRACE/served"' },
    });
    const agent = await world.agentProcess();
    await world.deploy(one);
    await world.untilOn(one);
    const served = Number(await readFile(world.path('trace', 'served'), 'utf8'));
    let absences = 0;
    const observation = world.coordinator.observe(paths.agent('m0'), (node) => {
      if (node === undefined) absences += 1;
    });
    try {
      assert.equal(await agent.kill('SIGTERM'), 0);
      assert.ok(findProcess(served), 'what the unit serves with goes on');
      assert.equal((await world.unit()).status.state, 'started');
      const next = await world.agentProcess();
      const presence = await eventually(async () => {
        const found = await readEntity(world.coordinator, paths.agent('m0'), agentSchema);
        assert.equal(found?.value.pid, next.pid);
        return found;
      });
      assert.ok(presence);
      assert.equal(absences, 0, 'the presence never blinked');
      assert.deepEqual(await world.trace(), LIVED);
    } finally {
      observation.close();
      endProcess(served);
    }
  });

  it('takes a presence up again that an agent killed before it left behind', async () => {
    const agent = await world.agentProcess();
    await agent.kill();
    const next = await world.agentProcess();
    const found = await readEntity(world.coordinator, paths.agent('m0'), agentSchema);
    assert.equal(found?.value.pid, next.pid);
  });

  it('puts its presence back when somebody removes it', async () => {
    await world.agent();
    await world.coordinator.remove(paths.agent('m0'));
    await eventually(async () => assert.ok(await world.coordinator.get(paths.agent('m0'))));
  });

  it('refuses a data directory that another agent uses, and a machine name that is taken', async () => {
    const agent = await world.agentProcess();
    const second = await world.agentProcess('m0', { up: false });
    assert.equal(await second.ended(), 1);
    assert.match(second.stderr(), new RegExp(`in use by another agent, process ${agent.pid}\\n.*--data-dir`));
    await assert.rejects(world.agent({ dataDirectory: world.path('elsewhere') }), {
      code: 'machine-taken',
      message: new RegExp(`machine m0 has an agent already: process ${agent.pid} on `),
    });
  });

  it('refuses a journal and a data directory of a newer Ensemble, untouched', async () => {
    const agent = await world.agentProcess();
    await agent.kill('SIGTERM');
    await writeFile(world.path('machines', 'm0', 'layout.v3'), '');
    await rm(world.path('machines', 'm0', 'layout.v2'));
    const before = await readdir(world.path('machines', 'm0'));
    await assert.rejects(world.agent(), { code: 'data-directory-too-new' });
    assert.deepEqual(await readdir(world.path('machines', 'm0')), before);
  });
});
