import type { Benchmark, Row } from '../benchmark.js';
import { Fleet, type Rollout, type Snapshot } from '../lab/fleet.js';

/** The subject of `docs/scale.md`: 100 machines with 1,000 units each. */
const FAR = { agents: 100, units: 100_000 };

interface Step {
  readonly agents: number;
  readonly units: number;
  readonly rest: Snapshot;
  readonly memory: number;
  readonly rollout: Rollout;
}

/** As many real agents as memory allows against one ensemble of three: what each of their units costs the servers. */
export const manyAgents: Benchmark = {
  name: 'many-agents',
  limit: 1_500,
  async run(quick) {
    const unitsOfEach = quick ? 20 : 200;
    const most = quick ? 4 : await Fleet.room(50);
    const steps: Step[] = [];
    const fleet = await Fleet.open();
    for (const share of quick ? [0.5, 1] : [0.2, 0.6, 1]) {
      const agents = Math.max(1, Math.round(most * share));
      await fleet.grow(agents, unitsOfEach);
      const rollout = await fleet.rollOut({ followed: false });
      // After it, as an upgraded unit may leave more behind than one that never was.
      const rest = await fleet.snapshot();
      const memory = await fleet.memory();
      steps.push({ agents, units: agents * unitsOfEach, rest, memory, rollout });
    }
    const followed = await fleet.rollOut({ followed: true }).catch((error: unknown) => gaveUp(error));
    await fleet.close();
    return report(steps, followed, unitsOfEach);
  },
};

/** A command that could not follow is a figure, too, and no reason to lose the others. */
function gaveUp(error: unknown): string {
  return `the command gave up: ${(error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ')}`;
}

function report(steps: readonly Step[], followed: Rollout | string, unitsOfEach: number) {
  const sizes = `${steps.map(({ agents }) => agents).join(', ')} agents of ${unitsOfEach} units`;
  const points = (cost: (step: Step) => number) => steps.map((step) => [step.units, cost(step)] as const);
  const row = (what: string, cost: (step: Step) => number, bound?: string): Row => {
    const along = points(cost);
    const slope = slopeOf(along);
    const far = (along.at(-1)?.[1] ?? 0) + slope * (FAR.units - (along.at(-1)?.[0] ?? 0));
    return {
      what: `${what}, for one unit more`,
      against: '–',
      figure: `${along.map(([, each]) => count(each)).join(', ')} with ${sizes}; at that slope ${count(far)} with ${count(FAR.units)} units`,
      value: slope,
      range: [slope, slope],
      ...(bound !== undefined && { bound }),
    };
  };
  const last = steps.at(-1);
  const units = last?.units ?? 0;
  return {
    rows: [
      row('watches at rest, each unit upgraded once', ({ rest }) => rest.watches),
      row('nodes', ({ rest }) => rest.nodes),
      row('bytes of data', ({ rest }) => rest.data),
      row('transactions of a rollout', ({ rollout }) => rollout.transactions),
      row('bytes of a rollout, to and from all servers', ({ rollout }) => rollout.bytes),
      row('most watches during a rollout', ({ rollout }) => rollout.watches),
      // Not by units: of so many it is a list of names, and of fewer whatever was read together.
      alone(
        'bytes of the largest answer in a rollout',
        `${steps.map(({ rollout }) => count(rollout.largestAnswer)).join(', ')} with ${sizes}`,
        Math.max(...steps.map(({ rollout }) => rollout.largestAnswer)),
      ),
      alone(
        `sessions, for one agent more`,
        `${steps.map(({ rest }) => rest.sessions).join(', ')} with ${sizes}`,
        slopeOf(steps.map(({ agents, rest }) => [agents, rest.sessions] as const)),
      ),
      alone(
        `memory of an agent of ${unitsOfEach} units, MiB`,
        `${steps.map(({ memory }) => (memory / 2 ** 20).toFixed(0)).join(', ')} MiB on average with ${sizes}`,
        (last?.memory ?? 0) / 2 ** 20,
      ),
      ...followedRows(followed, units),
    ],
    charts: [
      {
        name: 'watches',
        title: 'Watches that an ensemble holds',
        across: 'units',
        unit: 'watches',
        lines: [
          { name: 'agents at rest', points: points(({ rest }) => rest.watches) },
          { name: 'during a rollout', points: points(({ rollout }) => rollout.watches) },
        ],
      },
      {
        name: 'transactions',
        title: 'What a rollout of everything writes',
        across: 'units',
        unit: 'transactions',
        lines: [{ name: 'transactions', points: points(({ rollout }) => rollout.transactions) }],
      },
    ],
  };
}

function followedRows(followed: Rollout | string, units: number): readonly Row[] {
  const rows = [
    ['most watches during a rollout that a command follows, per unit', 'watches'],
    ['bytes of a rollout that a command follows, to and from all servers, per unit', 'bytes'],
  ] as const;
  return rows.map(([what, field]) =>
    typeof followed === 'string'
      ? alone(what, followed, Number.NaN)
      : alone(
          what,
          `${count(followed[field])} with ${count(units)} units, ${(followed.ms / 1_000).toFixed(0)} s`,
          followed[field] / units,
        ),
  );
}

const alone = (what: string, figure: string, value: number): Row => ({
  what,
  against: '–',
  figure,
  value,
  range: [value, value],
});

function slopeOf(points: readonly (readonly [number, number])[]): number {
  const [first, last] = [points[0], points.at(-1)];
  return first && last ? (last[1] - first[1]) / (last[0] - first[0]) : Number.NaN;
}

const count = (value: number): string => Math.round(value).toLocaleString('en');
