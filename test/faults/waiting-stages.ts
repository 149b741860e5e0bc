import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { addUnits } from '../../control/deploy/add-units.js';
import { ensureRollout } from '../../control/rollout/ensure.js';
import { readEntity } from '../../state/model/entity.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { rolloutSchema } from '../../state/model/rollout.js';
import { editService } from '../../state/model/services.js';
import { requester, type World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { type Bodies, tracingFormula } from './formulas.js';
import { askForTwo, LIVED, live, ONE, type Stage, TWO, UNIT } from './life.js';

/** Another unit of the service on `m1`, whose agent nothing happens to. */
const OTHER = 'f/1';

/** Milliseconds for a unit to come to where it waits, whatever befalls its agent before. */
const WITHIN = 30_000;

/** Both units run revision 1. In its upgrade hook the other one waits for a word, and then does this. */
async function prepareTogether(world: World, bodies: Bodies, other: string): Promise<void> {
  await live(world, bodies, async () => {
    await world.agent({ machine: 'm1' });
    await addUnits(world.coordinator, 'f', 1, requester.requestedAt, 'm1');
    await world.untilOn(ONE, OTHER);
  });
  const body = `case "$ENSEMBLE_UNIT_NAME" in ${OTHER}) gate other; ${other};; esac`;
  await world.publish(2, tracingFormula(world, 2, { ...bodies, 'upgrade-formula': body }));
}

/** Asks both in lockstep; resolves when the unit's own hook is through, and it waits for the other's. */
async function askTogether(world: World): Promise<void> {
  const { coordinator } = world;
  const by = { ...requester, requestedAt: new Date().toISOString() };
  await editService(coordinator, 'f', (service) => ({ ...service, previous: ONE, formula: TWO }));
  const parameters = { strategy: 'lockstep', 'on-failure': 'revert' };
  const request = { parameters, force: false, revertOnError: false, by };
  await ensureRollout(coordinator, 'f', request, undefined, requestEntry(by, { what: 'upgrade' }));
  await eventually(async () => {
    const { upgrade } = (await world.unit()).status;
    assert.deepEqual([upgrade?.step, upgrade?.lockstep !== undefined], ['committing', true]);
  }, WITHIN);
}

/** Asks for an upgrade; resolves when it waits for the unit's lease. */
async function askBusy(world: World): Promise<void> {
  await askForTwo(world);
  await eventually(async () => {
    const { upgrade } = (await world.unit()).status;
    assert.deepEqual([upgrade?.step, upgrade?.blockers?.[0]?.kind], ['waiting', 'busy']);
  }, WITHIN);
}

/** A wait of a unit: how it comes about, and how it ends. */
export interface Wait {
  readonly where: string;
  begin(world: World): Promise<void>;
  end(world: World): Promise<void>;
}

const forOthers: Wait = {
  where: 'while it waits for the hooks of others',
  begin: askTogether,
  end: (world) => world.openGate('other'),
};

const forLease: Wait = {
  where: 'while it waits for a lease',
  begin: askBusy,
  end: (world) => world.openGate('idle'),
};

/** The waits of these stages, by the stage. */
export const waits = { lockstep: forOthers, 'lockstep back': forOthers, busy: forLease } as const;

/** A stage's operator has the wait end as soon as it is there. */
const through =
  ({ begin, end }: Wait) =>
  async (world: World): Promise<void> => {
    await begin(world);
    await end(world);
  };

/** The rollout is over, and the other unit is where this one is. */
async function endTogether(world: World, formula: string): Promise<void> {
  await eventually(async () => {
    const path = paths.rollout('f');
    const rollout = await readEntity(world.coordinator, path, rolloutSchema);
    assert.equal(rollout?.value.state, 'done');
  }, WITHIN);
  await world.untilOn(formula, OTHER);
}

/** Parts of a unit's life in which it waits for something else, or is asked how it is. */
export const waitingStages = {
  lockstep: {
    name: 'lockstep',
    prepare: (world, bodies) => prepareTogether(world, bodies, ':'),
    ask: through(forOthers),
    settles: (world) => endTogether(world, TWO),
    before: ONE,
    after: TWO,
    hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2'],
    related: false,
  },
  // The other unit's hook fails, so that this one goes back, whose own did not.
  'lockstep back': {
    name: 'lockstep back',
    prepare: (world, bodies) => prepareTogether(world, bodies, 'exit 3'),
    ask: through(forOthers),
    settles: (world) => endTogether(world, ONE),
    before: ONE,
    after: ONE,
    hooks: [...LIVED, 'upgrade-formula 2', 'revert-formula 1', 'config-changed 1'],
    related: false,
  },
  // The upgrade waits for a lease, and goes on when that ends.
  busy: {
    name: 'busy',
    async prepare(world, bodies) {
      await live(world, bodies, async () => {
        const wait = 'while [ ! -e "$0/gate-idle" ] && [ -d "$0" ]; do sleep 0.02; done';
        spawn('busy-run', ['--name', 'backup', '--', '/bin/sh', '-c', wait, world.path('trace')], {
          env: { PATH: `${world.path('machines', 'm0', 'tools')}:/usr/bin:/bin`, ENSEMBLE_UNIT_NAME: UNIT },
          stdio: 'ignore',
        });
        await eventually(() => assert.ok(existsSync(world.unitPath(UNIT, 'busy'))));
      });
      await world.publish(2, tracingFormula(world, 2, bodies));
    },
    ask: through(forLease),
    before: ONE,
    after: TWO,
    hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2'],
    related: false,
  },
  // Revision 2 is asked for its health; the first time it says that it is not well.
  health: {
    name: 'health',
    async prepare(world, bodies) {
      await live(world, bodies);
      const body = '[ -e "$TRACE/well" ] || { touch "$TRACE/well"; echo not yet; exit 1; }';
      await world.publish(2, tracingFormula(world, 2, { ...bodies, 'health-check': body }));
    },
    ask: askForTwo,
    settles: (world) =>
      eventually(async () => assert.equal((await world.unit()).status.health?.state, 'healthy'), WITHIN),
    before: ONE,
    after: TWO,
    hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2', 'health-check 2'],
    repeated: ['health-check'],
    related: false,
  },
} as const satisfies Record<string, Stage>;
