import assert from 'node:assert/strict';
import { addUnits } from '../../control/deploy/add-units.js';
import { driveRollout, type SeenRollout } from '../../control/rollout/drive.js';
import type { RolloutParameters } from '../../state/formula/rollout-parameters.js';
import { type Entity, nodeValue, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { flagSchema } from '../../state/model/request-schemas.js';
import { beginRollout, type Rollout, rolloutSchema, writeRollout } from '../../state/model/rollout.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { unitSchema } from '../../state/model/unit-schemas.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { addMachine, addService, useTree } from '../state/model/tree.js';

const [before, after] = ['principia:web-1', 'principia:web-2'];

/** Milliseconds until the hold is over. */
const HELD_FOR = 60_000;

/** Looks that are few: what is read and written brings some, and time that passes without end brings ever more. */
const FEW = 10;

/** Seen by a driver of a rollout whose first unit is through, and whose second one somebody holds for a while. */
describe('the driver of a rollout', () => {
  const tree = useTree();
  let clock: ManualClock;
  let seen: SeenRollout | undefined;
  let looks: number;
  let driver: { end(): void } | undefined;
  let failure: unknown;

  beforeEach(async () => {
    clock = new ManualClock();
    [seen, looks, driver, failure] = [undefined, 0, undefined, undefined];
    await addMachine(tree.one, 'm0');
    await addService(tree.one, 'web');
    await addUnits(tree.one, 'web', 2, at(0));
    await runs('web/0', after);
    await runs('web/1', before);
    const hold = { holder: 'ann@host', unit: 'web/1', since: at(0), until: at(HELD_FOR), level: 'all' };
    const value = nodeValue({ holds: [{ ...hold, reason: 'stock-taking' }] });
    await tree.one.create(paths.hold('web'), value);
  });

  afterEach(() => {
    driver?.end();
    assert.equal(failure, undefined);
  });

  /** An instant so many milliseconds from when the clock began. */
  function at(ms: number): string {
    return new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
  }

  async function runs(name: string, formula: string): Promise<void> {
    const unit = await readEntity(tree.one, paths.unit(name), unitSchema);
    const status = { state: 'started', since: at(0), message: '' };
    await tree.one.set(paths.unit(name), nodeValue({ ...unit?.value, formula, machine: 'm0' }));
    await tree.one.set(paths.status(name), nodeValue(status));
  }

  async function begin(parameters: RolloutParameters, patience = 0): Promise<void> {
    const { operations } = beginRollout('web', undefined, {
      ...{ from: before, to: after, revertTo: before, by: 'bob@host', parameters },
      ...{ requestedAt: at(0), state: 'running', stateSince: at(0), countedFrom: at(0) },
    });
    const service = await readEntity(tree.one, paths.service('web'), serviceSchema);
    const value = nodeValue({ ...service?.value, formula: after });
    await tree.one.transaction([...operations, { kind: 'set', path: paths.service('web'), value }]);
    driver = driveRollout(
      { coordinator: tree.one, clock, patience },
      'web',
      (found) => {
        [seen, looks] = [found, looks + 1];
      },
      (error) => {
        failure = error;
      },
    );
  }

  async function rollout(): Promise<Entity<Rollout>> {
    const found = await readEntity(tree.one, paths.rollout('web'), rolloutSchema);
    assert.ok(found);
    return found;
  }

  /** Time passes by a millisecond each, as often as that. @returns how often the driver looked meanwhile */
  function looksIn(ms: number): number {
    const looked = looks;
    for (let passed = 0; passed < ms; passed += 1) clock.advance(1);
    return looks - looked;
  }

  function standing(name: string): string | undefined {
    return seen?.decision.units.find(({ unit }) => unit.name === name)?.standing;
  }

  it('asks the unit that is behind once the hold on it is over, though the rollout is done', async () => {
    await begin({ strategy: 'rolling', 'min-healthy': '0s' });
    await eventually(() => assert.deepEqual([seen?.rollout.state, standing('web/1')], ['done', 'held']));
    assert.equal((await rollout()).value.closed, undefined);
    await clock.untilDue(HELD_FOR);
    clock.advance(HELD_FOR);
    assert.equal(standing('web/1'), 'waiting');
    const flag = await eventually(async () => {
      const found = await readEntity(tree.one, paths.upgrade('web/1'), flagSchema);
      assert.ok(found);
      return found.value;
    });
    assert.equal(flag.to, after);
  });

  it('has the unit wait for its turn once the hold is over, and looks no more often for that', async () => {
    await begin({ strategy: 'rolling', 'max-parallel': '1', 'min-healthy': '10m' });
    await eventually(() => assert.deepEqual([standing('web/0'), standing('web/1')], ['settling', 'held']));
    await clock.untilDue(HELD_FOR);
    clock.advance(HELD_FOR);
    assert.equal(standing('web/1'), 'waiting');
    const looked = looksIn(1_000);
    assert.ok(looked <= FEW, `${looked} looks in a second`);
  });

  it('looks no more often either while it leaves what time has it write to another driver', async () => {
    const patience = 100 * HELD_FOR;
    await begin({ strategy: 'rolling', 'min-healthy': '10m', 'progress-deadline': '1m' }, patience);
    await eventually(() => assert.equal(standing('web/1'), 'held'));
    // The other one has written.
    const { value, version } = await rollout();
    await tree.two.transaction([...writeRollout('web', { value, version }, { ...value, reason: 'go on' })]);
    await eventually(() => assert.equal(seen?.rollout.reason, 'go on'));
    clock.advance(30 * HELD_FOR);
    assert.equal(seen?.decision.writes.length, 1);
    const looked = looksIn(1_000);
    assert.ok(looked <= FEW, `${looked} looks in a second`);
  });
});
