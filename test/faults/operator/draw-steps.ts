import { pairs, plainHooks, relationHooks, type ServiceName, services } from './formulas.js';
import type { Step, StepKind } from './steps.js';

/** How often each kind comes, of the sum of all. */
const weights: Readonly<Record<StepKind, number>> = {
  deploy: 8,
  destroy: 4,
  redeploy: 12,
  add: 14,
  remove: 12,
  relate: 14,
  part: 6,
  set: 12,
  upgrade: 26,
  revert: 8,
  resolved: 10,
  spoil: 8,
  run: 4,
  kill: 20,
  stop: 8,
  freeze: 6,
  lose: 3,
  return: 4,
  raze: 1,
  both: 16,
  rest: 16,
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
    units: chance(0.1) ? 0 : 1 + whole(2),
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
  const names = Object.keys(services);
  const first: readonly object[] = [
    ...names.map((name) => ({ kind: 'deploy', ...deployment(), service: name })),
    ...pairs.map((_, pair) => ({ kind: 'relate', pair })),
  ];
  return Array.from({ length: count }, (_, index) => {
    if (index < first.length) return { pause: 0, ...first[index] } as Step;
    const kind = one(all);
    const isCommand = commands.includes(kind);
    const trouble = isCommand && chance(0.1) && { after: whole(250), how: chance(0.6) ? 'kill' : 'stop' };
    // Shapes and kinds are held together by the table above.
    return {
      kind,
      pause: chance(0.4) ? 0 : whole(500),
      ...(trouble !== false && { trouble }),
      ...draw[kind](),
    } as Step;
  });
}
