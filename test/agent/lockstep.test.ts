import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import type { AgentProcess } from './agent-process.js';
import { type CommandEnd, ensemble, operate } from './operator.js';
import { World } from './world.js';

const units = ['f/0', 'f/1', 'f/2'] as const;
const [one, two] = ['world:f-1', 'world:f-2'];

interface Shown {
  readonly state: string;
  readonly gate: string | null;
  readonly units: Readonly<
    Record<
      string,
      {
        readonly formula: string;
        readonly state: string;
        readonly step: string | null;
        readonly blockers: readonly {
          readonly kind: string;
          readonly reason: string;
          readonly ends: string;
        }[];
      }
    >
  >;
}

describe('units that are upgraded in lockstep', function () {
  this.timeout(120_000);
  let world: World;
  let agents: Map<string, AgentProcess>;

  beforeEach(async () => {
    world = await World.open();
    await world.writeFormula(1);
    agents = new Map();
    for (const machine of ['m0', 'm1']) agents.set(machine, await world.agentProcess(machine));
    await ok('deploy', '--repository', 'world', '-n', '2', '--machine', 'm0', 'f');
    await ok('add-unit', '--machine', 'm1', 'f');
  });
  afterEach(() => world.close());

  async function ok(...args: readonly string[]): Promise<CommandEnd> {
    const end = await ensemble(world, ...args);
    assert.equal(end.code, 0, end.stderr);
    return end;
  }

  async function shown(): Promise<Shown> {
    return JSON.parse((await ok('rollout', 'status', '--format', 'json', 'f')).stdout);
  }

  /** Waits until the units are at this step, as `state step`. */
  function untilAt(...expected: readonly string[]): Promise<Shown> {
    return eventually(async () => {
      const seen = await shown();
      const at = Object.values(seen.units).map(({ state, step }) => `${state} ${step ?? '-'}`);
      assert.deepEqual(at, expected);
      return seen;
    });
  }

  async function restart(machine: string): Promise<void> {
    await agents.get(machine)?.kill();
    agents.set(machine, await world.agentProcess(machine));
  }

  /** None ran anything of the new formula but the hook of the upgrade. */
  async function noneResumed(): Promise<void> {
    for (const unit of units)
      assert.ok(!(await world.trace(unit)).includes('config-changed 2'), `${unit} went on alone`);
  }

  async function allOn(formula: string): Promise<void> {
    for (const unit of units) {
      const { unit: found, status } = await world.unit(unit);
      assert.deepEqual([found.formula, status.state], [formula, 'started'], unit);
    }
  }

  it('all go back where one fails', async () => {
    await world.writeFormula(2, {
      hooks: { 'upgrade-formula': 'case "$ENSEMBLE_UNIT_NAME" in f/1) gate fail; exit 3;; esac' },
    });
    const upgrade = operate(world, 'upgrade-formula', '--strategy', 'lockstep', 'f');
    const { gate, units: at } = await untilAt(
      'upgrading committing',
      'upgrading hook',
      'upgrading committing',
    );
    assert.equal(gate, 'go');
    assert.match(at['f/0']?.blockers[0]?.reason ?? '', /together with the others, and waits for f\/1$/);
    await world.openGate('fail');
    const end = await upgrade.ended;
    assert.equal(end.code, 1, end.stderr);
    assert.match(end.stderr, /the rollout went back to world:f-1: f\/1 failed/);
    await allOn(one);
    await noneResumed();
    for (const unit of units)
      assert.ok((await world.trace(unit)).includes('upgrade-formula 2'), `${unit} was never there`);
  });

  it('go on rightly where agents are killed while they wait, and none before all are through', async () => {
    await world.writeFormula(2, {
      hooks: { 'upgrade-formula': 'case "$ENSEMBLE_UNIT_NAME" in f/2) gate last;; esac' },
    });
    await agents.get('m1')?.kill('SIGTERM');
    await ok('upgrade-formula', '--no-wait', '--strategy', 'lockstep', 'f');
    // Both of m0 are ready, and f/2 is named.
    await untilAt('started waiting', 'started waiting', 'started -');
    await restart('m0');
    await eventually(async () => {
      const { gate, units: waiting } = await shown();
      assert.equal(gate, null);
      assert.match(waiting['f/0']?.blockers[0]?.reason ?? '', /waits for f\/2$/);
      assert.match(waiting['f/2']?.blockers[0]?.ends ?? '', /--allow-missing f$/);
    });
    assert.ok(!(await world.trace('f/0')).includes('upgrade-formula 2'));
    agents.set('m1', await world.agentProcess('m1'));
    await untilAt('upgrading committing', 'upgrading committing', 'upgrading hook');
    await restart('m0');
    await restart('m1');
    await untilAt('upgrading committing', 'upgrading committing', 'upgrading hook');
    await noneResumed();
    await world.openGate('last');
    await eventually(async () => assert.equal((await shown()).state, 'done'));
    await allOn(two);
    for (const unit of units)
      assert.equal((await world.trace(unit)).filter((line) => line === 'upgrade-formula 2').length, 1, unit);
  });

  it('go on without one whose agent is away where that is allowed, which follows when it returns', async () => {
    await world.writeFormula(2);
    await agents.get('m1')?.kill('SIGTERM');
    await ok('upgrade-formula', '--no-wait', '--strategy', 'lockstep', 'f');
    await untilAt('started waiting', 'started waiting', 'started -');
    await ensemble(world, 'upgrade-formula', '--strategy', 'lockstep', '--allow-missing', 'f');
    await world.untilOn(two, 'f/0');
    await world.untilOn(two, 'f/1');
    assert.equal((await world.unit('f/2')).unit.formula, one);
    agents.set('m1', await world.agentProcess('m1'));
    await world.untilOn(two, 'f/2');
  });

  it('go back together too, and those that wait go back where somebody aborts it', async () => {
    await world.writeFormula(2, {
      hooks: { 'revert-formula': 'exit 0' },
    });
    await ok('upgrade-formula', '--strategy', 'lockstep', 'f');
    await allOn(two);
    await ok('revert-formula', '--strategy', 'lockstep', 'f');
    await allOn(one);
    await world.writeFormula(3, { hooks: { 'upgrade-formula': 'gate never' } });
    await ok('upgrade-formula', '--no-wait', '--strategy', 'lockstep', 'f');
    await untilAt('upgrading hook', 'upgrading hook', 'upgrading hook');
    await ok('rollout', 'abort', 'f');
    await world.openGate('never');
    for (const unit of units) await world.untilOn(one, unit);
  });

  it('are refused what contradicts it, with a command that works', async () => {
    await world.writeFormula(2);
    const end = await ensemble(world, 'upgrade-formula', '--strategy', 'lockstep', '--canary', '1', 'f');
    assert.equal(end.code, 2);
    assert.match(end.stderr, /strategy lockstep and canary 1: lockstep takes all units together/);
    assert.match(end.stderr, /try: ensemble upgrade-formula --revision 2 --strategy lockstep --canary 0 f/);
    assert.match(
      (await ensemble(world, 'set-rollout', 'f', 'strategy=lockstep', 'max-parallel=2')).stderr,
      /try: ensemble set-rollout f strategy=lockstep max-parallel=/,
    );
    assert.match(
      (await ensemble(world, 'upgrade-formula', '--allow-missing', 'f')).stderr,
      /try: ensemble upgrade-formula --revision \d --strategy lockstep --allow-missing f/,
    );
    await ok('upgrade-formula', '--strategy', 'lockstep', '--canary', '0', 'f');
    await allOn(two);
  });
});
