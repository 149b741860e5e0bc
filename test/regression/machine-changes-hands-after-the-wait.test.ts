import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { machineSchema } from '../../state/model/machine-schemas.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { copyDataDirectory } from '../agent/copy-data-directory.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const LIVED = ['install 1', 'config-changed 1', 'start 1'];

/** One unit lives; the hook of another, once it is told to end, goes on until the gate `end` is open. */
const HOOKS = {
  install:
    'case $ENSEMBLE_UNIT_NAME in f/1) echo $$ >"$TRACE/pid"; trap "gate end; exit 1" TERM; gate never;; esac',
};

describe('a machine that is taken over', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const owner = async () =>
    (await readEntity(world.coordinator, paths.machine('m0'), machineSchema))?.value.owner;
  const original = (options: readonly string[] = [], up = true): Promise<AgentProcess> =>
    world.agentProcess('m0', { up, options });
  const points = (): Promise<string> => readFile(world.path('faults', 'passed'), 'utf8').catch(() => '');
  /** What a session leaves that is over. */
  const expire = async (path: string): Promise<void> => {
    if ((await world.coordinator.get(path)) !== undefined) await world.coordinator.remove(path);
  };

  /** @param faults where it is to die, or to wait */
  function taker(faults = '', options: readonly string[] = ['--take-over']): Promise<AgentProcess> {
    return world.agentProcess('m0', {
      up: false,
      options: ['--data-dir', world.path('taker'), ...options],
      variables: { ENSEMBLE_ALLOW_FAULTS: world.path('faults'), ENSEMBLE_FAULTS: faults },
    });
  }

  /** An agent with a unit that lives and one whose hook takes its time to end. */
  async function owned(units = 2): Promise<AgentProcess> {
    const agent = await original();
    await world.deploy(await world.publish(1, { hooks: HOOKS }), units);
    await world.until('started');
    if (units === 2) await eventually(() => world.text('pid'));
    return agent;
  }

  /** The original goes on as if nothing had been: nothing is installed anew, and its unit does what it is asked. */
  async function goesOn(agent: AgentProcess): Promise<void> {
    await agent.up();
    assert.equal((await owner())?.dataDirectory, world.path('machines', 'm0'));
    const two = await world.publish(2);
    await world.upgrade(two);
    await world.untilOn(two);
    assert.deepEqual((await world.trace()).slice(0, 4), [...LIVED, 'upgrade-formula 2']);
  }

  /** The other one is told whose the machine is, and how that one is started. */
  async function takerIsTold(code: RegExp): Promise<void> {
    const again = await taker('', []);
    assert.equal(await again.ended(), 1);
    assert.match(again.stderr(), code);
    assert.match(again.stderr(), new RegExp(world.path('machines', 'm0')));
  }

  const copied = (): Promise<void> =>
    copyDataDirectory(world.path('machines', 'm0'), world.path('taker'), ['agent.pid']);

  it('is not, by an agent that is killed before it begins', async () => {
    const first = await owned(1);
    assert.equal(await (await taker('taking.begin.before=kill')).ended(), 'SIGKILL');
    assert.equal(await world.coordinator.get(paths.taking('m0')), undefined);
    await goesOn(first);
    await takerIsTold(/m0 has an agent already/);
  });

  it('is not, by an agent that is interrupted before it begins, which says so', async () => {
    const first = await owned(1);
    const before = await owner();
    const other = await taker('taking.begin.before=delay');
    await eventually(async () => assert.match(await points(), /taking.begin.before/));
    process.kill(other.pid, 'SIGINT');
    // It has begun by then, and what it was waiting for is not waited for.
    assert.equal(await other.ended(), 1);
    assert.match(other.stderr(), /broken off: it is still that of the agent in \S+machines\/m0 on/);
    // Its owner was told to stop, or had not heard of it yet, and then takes its claim again.
    const goneOn = eventually(async () => assert.notEqual((await owner())?.claim, before?.claim), 60_000);
    const agent = await Promise.race([
      first.ended().then((code) => {
        assert.equal(code, 1);
        return original();
      }),
      goneOn.then(() => first),
    ]);
    await goesOn(agent);
  });

  it('is not, by an agent that is killed while it waits; the owner is told what goes on, and goes on after it', async () => {
    const first = await owned();
    const other = await taker();
    await other.logged('to go');
    await first.logged('m0 is being taken over by the agent in');
    await other.kill();
    await world.openGate('end');
    assert.equal(await first.ended(), 1);
    assert.match(first.stderr(), /if that one is broken off before it is up, start this one again as before/);
    const early = await original([], false);
    assert.equal(await early.ended(), 1, 'the other one may live');
    assert.match(early.stderr(), /m0 is being taken over by the agent in \S+taker/);
    await expire(paths.taking('m0'));
    await takerIsTold(/m0 belongs to the agent in/);
    await goesOn(await original());
  });

  it('is not, by an agent on a copy that is interrupted while it waits, and says how the owner is started', async () => {
    const first = await owned();
    await copied();
    const other = await taker();
    await other.logged('to go');
    await first.logged('m0 is being taken over by the agent in');
    assert.equal(await other.kill('SIGINT'), 1);
    await world.openGate('end');
    assert.equal(await first.ended(), 1);
    assert.match(other.stderr(), /start it on .*--data-dir \S+machines\/m0; .*the same command again/);
    assert.equal(await world.coordinator.get(paths.taking('m0')), undefined, 'nobody waits for it to pass');
    await goesOn(await original());
  });

  it('is, by an agent that is killed after the wait: the former owner is told what its data is, and may have it back', async () => {
    const first = await owned(1);
    const other = await taker('taking.complete.after=kill');
    assert.equal(await other.ended(), 'SIGKILL');
    assert.equal(await first.ended(), 1);
    assert.equal((await owner())?.dataDirectory, world.path('taker'));
    const refused = await original([], false);
    assert.equal(await refused.ended(), 1);
    assert.match(
      refused.stderr(),
      /was taken over by .*taker .*machines\/m0 has its units as they were until then/,
    );
    assert.doesNotMatch(refused.stderr(), /nothing is known|installed anew/);
    assert.match(refused.stderr(), /with --take-over: its units then go on from \S+machines\/m0/);
    await goesOn(await original(['--take-over']));
  });

  it('is, by an agent on a copy that is interrupted after the wait: the original is not called the older', async () => {
    const first = await owned(1);
    await copied();
    const other = await taker('taking.complete.after=delay');
    await eventually(async () => assert.match(await points(), /taking.complete.after/));
    process.kill(other.pid, 'SIGINT');
    assert.equal(await other.ended(), 0, 'too late: it comes up, and stops');
    assert.equal(await first.ended(), 1);
    await expire(paths.agent('m0'));
    const refused = await original([], false);
    assert.equal(await refused.ended(), 1);
    assert.match(
      refused.stderr(),
      /was taken over by .*taker .*machines\/m0 has its units as they were until then/,
    );
    assert.doesNotMatch(refused.stderr(), /older copy/);
    await goesOn(await original(['--take-over']));
  });

  it('is its owner’s again by itself, where that had not heard of it until the other one was gone', async () => {
    const first = await owned(1);
    await first.suspend();
    const other = await taker();
    await other.logged('to go');
    await other.kill();
    await expire(paths.taking('m0'));
    process.kill(first.pid, 'SIGCONT');
    await goesOn(first);
  });
});
