import fc from 'fast-check';
import { rolloutVerbs, type RolloutVerb } from '../../control/rollout/verbs.js';
import type { RolloutParameters } from '../../state/formula/rollout-parameters.js';
import { RolloutWorld } from './rollout-world.js';
import type { Fate } from './sim-unit.js';

/** One thing that happens; `who` is a unit or a driver, by its place. */
export type RolloutEvent =
  | {
      readonly kind: 'begin' | 'read' | 'units' | 'write' | 'on' | 'lost' | 'drive' | 'depose';
      readonly who: number;
    }
  | { readonly kind: 'some' | 'hear'; readonly who: number; readonly part: number }
  | {
      readonly kind: 'step' | 'steps' | 'down' | 'up' | 'fall' | 'mend' | 'leave' | 'remove';
      readonly who: number;
    }
  | { readonly kind: 'relation'; readonly who: number; readonly error: boolean }
  | { readonly kind: 'health' | 'busy'; readonly who: number; readonly is: boolean }
  | { readonly kind: 'hold'; readonly who: number; readonly ms: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'ask'; readonly verb: RolloutVerb }
  | { readonly kind: 'supersede' | 'add' };

const who = fc.nat(7);

const event: fc.Arbitrary<RolloutEvent> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('drive' as const), who: fc.nat(2) }) },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constantFrom('begin' as const, 'begin', 'read', 'units', 'write', 'on'),
      who: fc.nat(2),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('some' as const, 'hear'),
      who: fc.nat(2),
      part: fc.nat(1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('lost' as const, 'depose'), who: fc.nat(2) }) },
  { weight: 14, arbitrary: fc.record({ kind: fc.constantFrom('step' as const, 'steps'), who }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('down' as const, 'up', 'up', 'fall', 'mend'), who }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('relation' as const), who, error: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('health' as const, 'busy'), who, is: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      who,
      ms: fc.constantFrom(0, 0, 10_000, 400_000, Infinity),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'remove'), who }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(500, 5_000, 15_000, 400_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('ask' as const), verb: fc.constantFrom(...rolloutVerbs) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('supersede' as const, 'add') }) },
);

const parameters: fc.Arbitrary<RolloutParameters> = fc
  .record({
    strategy: fc.constantFrom('rolling', 'rolling', 'rolling', 'all', 'lockstep', 'lockstep'),
    'max-parallel': fc.constantFrom('1', '2', '3'),
    canary: fc.constantFrom('0', '0', '1', '2', 'web/0', 'web/1,web/2'),
    'pause-after': fc.constantFrom('none', 'none', 'first', 'all'),
    'min-healthy': fc.constantFrom('0s', '10s'),
    'max-failed': fc.constantFrom('0', '0', '1'),
    'on-failure': fc.constantFrom('pause', 'revert'),
    'allow-missing': fc.constantFrom('no', 'no', 'yes'),
  })
  .map((record) => record);

const fates: fc.Arbitrary<readonly Fate[]> = fc.array(
  fc.constantFrom<Fate>('ok', 'ok', 'ok', 'ok', 'fails', 'hangs', 'sick'),
  { minLength: 1, maxLength: 12 },
);

/** A schedule: a world as it begins, and what happens in it. */
export interface Schedule {
  readonly units: number;
  readonly parameters: RolloutParameters;
  readonly fates: readonly Fate[];
  readonly revertOnError: boolean;
  readonly events: readonly RolloutEvent[];
}

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  units: fc.integer({ min: 1, max: 7 }),
  parameters,
  fates,
  revertOnError: fc.boolean(),
  events: fc.array(event, { maxLength: 120 }),
});

/** Plays a schedule to its end. @throws Broken, with the promise that is not kept */
export function play({ units, parameters: given, fates: drawn, revertOnError, events }: Schedule): void {
  const world = new RolloutWorld(units, given, drawn, revertOnError);
  for (const each of events) happen(world, each);
  world.settle();
}

function happen(world: RolloutWorld, happens: RolloutEvent): void {
  switch (happens.kind) {
    case 'read':
      world.readRollout(happens.who);
      return;
    case 'units':
      world.readUnits(happens.who);
      return;
    case 'begin':
      world.readRollout(happens.who);
      world.readUnits(happens.who);
      return;
    case 'write':
      world.write(happens.who);
      return;
    case 'on':
      world.write(happens.who, 'on');
      return;
    case 'some':
      world.readSome(happens.who, happens.part);
      return;
    case 'hear':
      world.hear(happens.who, happens.part);
      return;
    case 'lost':
      world.write(happens.who, 'lost');
      return;
    case 'drive':
      world.readRollout(happens.who);
      world.readUnits(happens.who);
      world.write(happens.who);
      return;
    case 'depose':
      world.depose(happens.who);
      return;
    case 'step':
      world.step(happens.who);
      return;
    case 'steps':
      for (let times = 0; times < 4; times += 1) world.step(happens.who);
      return;
    case 'down':
      world.agent(happens.who, false);
      return;
    case 'up':
      world.agent(happens.who, true);
      return;
    case 'fall':
      world.fall(happens.who);
      return;
    case 'mend':
      world.mend(happens.who);
      return;
    case 'leave':
      world.leave(happens.who);
      return;
    case 'remove':
      world.remove(happens.who);
      return;
    case 'relation':
      world.relation(happens.who, happens.error);
      return;
    case 'health':
      world.health(happens.who, happens.is);
      return;
    case 'busy':
      world.busy(happens.who, happens.is);
      return;
    case 'hold':
      world.hold(happens.who, happens.ms);
      return;
    case 'pass':
      world.now += happens.ms;
      return;
    case 'ask':
      world.ask(happens.verb);
      return;
    case 'supersede':
      world.supersede();
      return;
    case 'add':
      world.add();
      return;
  }
}
