import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { EmbeddedCoordinator } from '../../state/coordination/embedded/embedded-coordinator.js';
import { paths } from '../../state/model/paths.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a request that an agent honours', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('stays in the tree until the journal says so, so that a kill in between loses nothing', async () => {
    const one = await world.publish(1, { hooks: { start: 'exit 1' } });
    const mortal = await world.agentProcess('m0', {
      variables: {
        ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
        ENSEMBLE_FAULTS: 'started.journal.before=hang',
      },
    });
    await world.deploy(one);
    await world.until('start-error');
    await requestResolved(world.coordinator, 'f/0', false, requester);
    await eventually(async () =>
      assert.match(await readFile(world.path('faults', 'passed'), 'utf8'), /^started\.journal\.before$/m),
    );
    // Gives the agent all occasion to look at the unit again.
    await setConfigValues(world.coordinator, 'f', { unknown: true });
    await addUnits(world.coordinator, 'f', 1, requester.requestedAt);
    await world.until('start-error', 'f/1');
    assert.ok(await world.coordinator.get(paths.resolved('f/0')), 'the request stands');
    await mortal.kill();
    await world.agentProcess();
    await world.untilOn(one);
    await eventually(async () => assert.equal(await world.coordinator.get(paths.resolved('f/0')), undefined));
  });

  it('is taken off once more where it is made again while it is taken off', async () => {
    const one = await world.publish(1);
    await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    const flag = paths.upgrade('f/0');
    const slow = new SlowRemoval(flag);
    try {
      // The unit runs the formula already, so the flag asks for nothing.
      await flagUnits(world.coordinator, ['f/0'], requester);
      await slow.applied;
      await flagUnits(world.coordinator, ['f/0'], requester);
      await eventually(() => assert.ok(slow.seen >= 2));
      slow.answer();
      await eventually(async () => assert.equal(await world.coordinator.get(flag), undefined));
    } finally {
      slow.restore();
    }
  });
});

/** Keeps whoever removes `path` in this process waiting for the answer, the first time; counts how often it is seen there. */
class SlowRemoval {
  seen = 0;
  readonly applied: Promise<void>;
  readonly #original: Pick<Coordinator, 'observe' | 'transaction'>;
  #answer: () => void = () => undefined;

  constructor(path: string) {
    const { observe, transaction } = EmbeddedCoordinator.prototype;
    this.#original = { observe, transaction };
    const answered = new Promise<void>((resolve) => {
      this.#answer = resolve;
    });
    const slow = this;
    let tellApplied: () => void = () => undefined;
    this.applied = new Promise((resolve) => {
      tellApplied = resolve;
    });
    EmbeddedCoordinator.prototype.observe = function (at, look) {
      return observe.call(this, at, (node) => {
        if (at === path && node !== undefined) slow.seen += 1;
        look(node);
      });
    };
    EmbeddedCoordinator.prototype.transaction = async function (operations) {
      await transaction.call(this, operations);
      if (!operations.some((operation) => operation.kind === 'remove' && operation.path === path)) return;
      tellApplied();
      await answered;
    };
  }

  answer(): void {
    this.#answer();
  }

  restore(): void {
    this.#answer();
    Object.assign(EmbeddedCoordinator.prototype, this.#original);
  }
}
