import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { setConfigValues } from '../../control/config/set-config.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { revertUnit } from '../../control/upgrade/revert.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { requester, type World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from './formulas.js';
import { askForTwo, deploy, LIVED, live, ONE, type Stage, TWO, UNIT } from './life.js';
import { waitingStages } from './waiting-stages.js';

const MET = ['db-relation-joined 1', 'db-relation-changed 1'];

/** The other side has an agent of its own, which nothing happens to. */
async function neighbour(world: World): Promise<void> {
  await world.agent({ machine: 'm1' });
  await world.deploy(ONE, 1, 'g', 'm1');
  await world.untilOn(ONE, 'g/0');
}

async function relate(world: World): Promise<void> {
  const names = [parseEndpointName('f:db'), parseEndpointName('g:site')] as const;
  await addRelation(world.coordinator, names, requester.requestedAt);
}

async function untilMet(world: World): Promise<void> {
  await eventually(async () => {
    assert.ok((await world.trace()).some((line) => line.startsWith('end db-relation-changed')));
    assert.ok((await world.trace('g/0')).some((line) => line.startsWith('end site-relation-changed')));
    // Else the agent might be stopped before it has noted the end, and the next one would deal with it. Not by its
    // journal: opened twice in one process, both wait for each other for ever.
    assert.deepEqual(await world.runs(), []);
  });
}

/** The parts of a unit's life, in the order in which a life has them. */
export const stages = {
  install: {
    name: 'install',
    prepare: deploy,
    ask: (world) => world.deploy(ONE).then(() => undefined),
    before: null,
    after: ONE,
    hooks: LIVED,
    related: false,
  },
  config: {
    name: 'config',
    prepare: live,
    ask: (world) => setConfigValues(world.coordinator, 'f', { title: 'other' }).then(() => undefined),
    before: ONE,
    after: ONE,
    hooks: [...LIVED, 'config-changed 1'],
    related: false,
  },
  relation: {
    name: 'relation',
    async prepare(world, bodies) {
      await live(world, { 'db-relation-joined': 'relation-set met=yes', ...bodies });
      await neighbour(world);
    },
    ask: relate,
    before: ONE,
    after: ONE,
    hooks: [...LIVED, ...MET],
    related: true,
  },
  reboot: {
    name: 'reboot',
    // The agents that come after are of another boot.
    prepare: (world, bodies) => live(world, bodies, async () => {}, 'the boot before'),
    ask: async () => {},
    before: ONE,
    after: ONE,
    hooks: [...LIVED, 'start 1'],
    related: false,
  },
  upgrade: {
    name: 'upgrade',
    async prepare(world, bodies) {
      await live(world, bodies);
      await world.publish(2, tracingFormula(world, 2, bodies));
    },
    ask: askForTwo,
    before: ONE,
    after: TWO,
    hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2'],
    related: false,
  },
  // An upgrade of a unit that had a lease, so that its mark is flushed, and whose formula is asked first.
  asked: {
    name: 'asked',
    async prepare(world, bodies) {
      await live(world, { ...bodies, 'upgrade-pending': 'upgrade-get >"$TRACE/asked"' });
      await mkdir(world.unitPath(UNIT, 'busy'), { recursive: true });
      await world.publish(2, tracingFormula(world, 2, bodies));
    },
    ask: askForTwo,
    before: ONE,
    after: TWO,
    hooks: [...LIVED, 'upgrade-pending 1', 'upgrade-formula 2', 'config-changed 2'],
    related: false,
  },
  revert: {
    name: 'revert',
    async prepare(world, bodies) {
      await world.publish(2, tracingFormula(world, 2, bodies));
      await live(world, bodies, async () => {
        await askForTwo(world);
        await world.untilOn(TWO);
      });
    },
    ask: (world) => revertUnit(world.coordinator, UNIT, requester).then(() => undefined),
    before: TWO,
    after: ONE,
    hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2', 'revert-formula 1', 'config-changed 1'],
    related: false,
  },
  remove: {
    name: 'remove',
    async prepare(world, bodies) {
      await live(world, bodies, async () => {
        await neighbour(world);
        await relate(world);
        await untilMet(world);
      });
    },
    ask: (world) => requestRemoval(world.coordinator, [UNIT], requester),
    before: ONE,
    after: null,
    hooks: [...LIVED, ...MET, 'db-relation-departed 1', 'db-relation-broken 1', 'stop 1'],
    related: true,
  },
  ...waitingStages,
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof stages;
