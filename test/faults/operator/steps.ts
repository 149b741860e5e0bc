import { pairs, plainHooks, relationHooks, type ServiceName, services } from './formulas.js';
import type { Trouble } from './scene.js';

/**
 * One thing that is done. Units are named by a number that is counted round among those there are when it is done, so
 * that a step means something whatever was left out before it.
 */
export type Step = {
  /** Milliseconds before it. */
  readonly pause: number;
  /** What happens to its command meanwhile; it is typed again where it was killed. */
  readonly trouble?: Trouble;
} & (
  | {
      readonly kind: 'deploy';
      readonly service: ServiceName;
      readonly units: number;
      readonly machine?: string;
    }
  | { readonly kind: 'destroy'; readonly service: ServiceName; readonly keepData: boolean }
  /** Destroyed, waited for, and deployed once more under the same name. */
  | {
      readonly kind: 'redeploy';
      readonly service: ServiceName;
      readonly units: number;
      readonly machine?: string;
    }
  | { readonly kind: 'add'; readonly service: ServiceName; readonly units: number }
  | {
      readonly kind: 'remove';
      readonly service: ServiceName;
      readonly unit: number;
      readonly keepData: boolean;
    }
  | { readonly kind: 'relate' | 'part'; readonly pair: number }
  | { readonly kind: 'set'; readonly service: ServiceName; readonly title: string }
  | {
      readonly kind: 'upgrade';
      readonly service: ServiceName;
      readonly by: number;
      readonly force: boolean;
      readonly revertOnError: boolean;
      readonly unit?: number;
    }
  | {
      readonly kind: 'revert';
      readonly service: ServiceName;
      readonly force: boolean;
      readonly unit?: number;
    }
  | {
      readonly kind: 'resolved';
      readonly retry: boolean;
      readonly service?: ServiceName;
      readonly unit: number;
    }
  | {
      readonly kind: 'spoil';
      readonly service: ServiceName;
      readonly hook: string;
      readonly often: 'once' | 'always';
    }
  | { readonly kind: 'run'; readonly service: ServiceName; readonly unit: number }
  /** `back`: milliseconds until it is started again, or goes on. */
  | { readonly kind: 'kill' | 'stop' | 'freeze'; readonly machine: string; readonly back: number }
  /** The machine is away for longer than its session, and it or its units are taken out by force. */
  | { readonly kind: 'lose'; readonly machine: string; readonly whole: boolean }
  /** The agents of lost machines run again, on what is on their disks. */
  | { readonly kind: 'return' }
  /** The environment is destroyed, and another one made in its place. */
  | { readonly kind: 'raze' }
  /** Two at the same time. */
  | { readonly kind: 'both'; readonly one: Step; readonly other: Step }
  /** Waits until nothing is under way, as operators mostly do. */
  | { readonly kind: 'rest' }
);

export type StepKind = Step['kind'];

/** How often each kind comes, of the sum of all. */
const weights: Readonly<Record<StepKind, number>> = {
  deploy: 12,
  destroy: 5,
  redeploy: 6,
  add: 7,
  remove: 7,
  relate: 9,
  part: 3,
  set: 6,
  upgrade: 10,
  revert: 4,
  resolved: 5,
  spoil: 4,
  run: 2,
  kill: 9,
  stop: 4,
  freeze: 3,
  lose: 1,
  return: 2,
  raze: 1,
  both: 7,
  rest: 8,
};

/** Those that are one command, whose end and whose work can be told. */
const commands: readonly StepKind[] = [
  'deploy',
  'destroy',
  'add',
  'remove',
  'relate',
  'part',
  'set',
  'upgrade',
  'revert',
  'resolved',
];

/** What two commands must not both be about. */
function touches(step: Step): unknown {
  if ('pair' in step) return step.pair;
  return 'service' in step ? step.service : undefined;
}

/** Draws `count` steps; the same for the same numbers. */
export function drawSteps(random: () => number, count: number, machines: readonly string[]): readonly Step[] {
  const whole = (below: number): number => Math.trunc(random() * below);
  const one = <T>(of: readonly [T, ...T[]] | readonly T[]): T => of[whole(of.length)] as T;
  const chance = (of: number): boolean => random() < of;
  const service = (): ServiceName => one(Object.keys(services) as ServiceName[]);
  const withUnits = (): ServiceName => one(['web', 'shop', 'store'] as const);
  const draw: Readonly<Record<StepKind, () => object>> = {
    deploy: () => deployment(),
    redeploy: () => deployment(),
    destroy: () => ({ service: service(), keepData: chance(0.3) }),
    add: () => ({ service: withUnits(), units: 1 + whole(2) }),
    remove: () => ({ service: withUnits(), unit: whole(10), keepData: chance(0.3) }),
    relate: () => ({ pair: whole(pairs.length) }),
    part: () => ({ pair: whole(pairs.length) }),
    set: () => ({ service: service(), title: `t${whole(1_000)}` }),
    upgrade: () => ({
      service: service(),
      by: chance(0.15) ? 0 : 1 + whole(2),
      force: chance(0.4),
      revertOnError: chance(0.2),
      ...(chance(0.2) && { unit: whole(10) }),
    }),
    revert: () => ({ service: service(), force: chance(0.6), ...(chance(0.3) && { unit: whole(10) }) }),
    resolved: () => ({ retry: chance(0.6), unit: whole(10), ...(chance(0.6) && { service: service() }) }),
    spoil: () => ({ service: service(), hook: hook(), often: chance(0.7) ? 'once' : 'always' }),
    run: () => ({ service: service(), unit: whole(10) }),
    kill: () => ({ machine: one(machines), back: whole(1_500) }),
    stop: () => ({ machine: one(machines), back: whole(1_500) }),
    freeze: () => ({ machine: one(machines), back: whole(3_000) }),
    lose: () => ({ machine: one(machines), whole: chance(0.5) }),
    return: () => ({}),
    raze: () => ({}),
    both: () => pairOfCommands(),
    rest: () => ({}),
  };
  const deployment = (): object => ({
    service: service(),
    units: whole(3),
    ...(chance(0.3) && { machine: one(machines) }),
  });
  const hook = (): string =>
    chance(0.5)
      ? one(plainHooks)
      : `${one(['db', 'ring', 'host', 'ensemble-info'])}-relation-${one(relationHooks)}`;
  /** Drawn until they do not ask for the opposite of each other, of which the tree alone knows what came of it. */
  const pairOfCommands = (): object => {
    for (;;) {
      const [one, other] = [command(), command()];
      if (touches(one) !== touches(other)) return { one, other };
    }
  };
  const command = (): Step => {
    const kind = one(commands);
    return { kind, pause: 0, ...draw[kind]() } as Step;
  };
  const all = Object.entries(weights).flatMap(([kind, weight]) =>
    Array<StepKind>(weight).fill(kind as StepKind),
  );
  // The first ones make something that the others can happen to.
  const first: readonly StepKind[] = ['deploy', 'deploy', 'relate'];
  return Array.from({ length: count }, (_, index) => {
    const kind = first[index] ?? one(all);
    const isCommand = commands.includes(kind);
    const trouble = isCommand && chance(0.1) && { after: whole(500), how: chance(0.6) ? 'kill' : 'stop' };
    // Shapes and kinds are held together by the table above.
    return {
      kind,
      pause: chance(0.4) ? 0 : whole(500),
      ...(trouble !== false && { trouble }),
      ...draw[kind](),
    } as Step;
  });
}
