import fc from 'fast-check';
import { rolloutVerbs } from '../../control/rollout/verbs.js';
import { CloneWorld } from './clone-world.js';

const runs = Number(process.env.ENSEMBLE_SIMULATIONS ?? 500);
const seed = process.env.ENSEMBLE_SEED === undefined ? 22 : Number(process.env.ENSEMBLE_SEED);

const others = ['lb', 'db', 'full1', 'lacks1', 'late'] as const;
const who = fc.nat(4);

const event = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('drive' as const), who, dies: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('read' as const, 'write'), who }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      who,
      fails: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('up' as const, 'down'), who }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'stop', 'pass', 'longer') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('relate' as const, 'destroy') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      verb: fc.constantFrom(...rolloutVerbs, 'promote', 'promote', 'retry'),
      keep: fc.constantFrom(false, false, true),
    }),
  },
);

const schedules = fc.record({
  size: fc.nat(3),
  related: fc.subarray([...others.slice(0, 4)]),
  parameters: fc.record({
    'on-failure': fc.constantFrom('pause', 'revert'),
    'max-failed': fc.constantFrom('0', '1'),
  }),
  events: fc.array(event, { maxLength: 80 }),
});

describe('a rollout by a clone, whatever happens', () => {
  it(`keeps its promises in ${runs} schedules from seed ${seed}`, () => {
    fc.assert(
      fc.property(schedules, ({ size, related, parameters, events }) => {
        const world = new CloneWorld(size, related, parameters);
        for (const each of events) happen(world, each);
        world.settle();
      }),
      { numRuns: runs, seed, verbose: 1 },
    );
  });
});

type Happening = typeof event extends fc.Arbitrary<infer Each> ? Each : never;

function happen(world: CloneWorld, happens: Happening): void {
  switch (happens.kind) {
    case 'drive':
      world.read(happens.who);
      world.write(happens.who, happens.dies);
      return;
    case 'read':
      world.read(happens.who);
      return;
    case 'write':
      world.write(happens.who);
      return;
    case 'step':
      world.step(happens.who, happens.fails);
      return;
    case 'up':
    case 'down':
      world.agent(happens.who, happens.kind === 'up');
      return;
    case 'leave':
      world.leave();
      return;
    case 'stop':
      world.stop();
      return;
    case 'pass':
    case 'longer':
      world.now += happens.kind === 'pass' ? 5_000 : 700_000;
      return;
    case 'relate':
      world.relate('late');
      return;
    case 'destroy':
      world.destroyClone();
      return;
    case 'ask':
      world.ask(happens.verb, happens.keep);
      return;
  }
}
