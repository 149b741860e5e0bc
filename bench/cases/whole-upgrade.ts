import type { Benchmark, Row } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { Lab, type LabOptions } from '../lab/lab.js';
import { sampleOf } from '../lab/measure.js';
import { idle, settleDisk } from '../lab/process.js';
import { ShellLoop } from '../lab/shell-loop.js';

/** The tests' servers do not flush their log to the disk; ZooKeeper by itself does. */
const worlds = {
  zookeeper: { engine: 'zookeeper' },
  synced: { engine: 'zookeeper', configuration: ['forceSync=yes'] },
  embedded: { engine: 'embedded' },
} as const satisfies Record<string, LabOptions>;

/** Milliseconds. */
interface Turn {
  readonly ours: number;
  readonly loop: number;
}

type Turns = Readonly<Record<keyof typeof worlds, readonly Turn[]>>;

/**
 * Whole upgrades of a service on one machine, beside a sequential shell loop in turn. One world after the other: an
 * agent that waits for its turn is no guest of the others'.
 */
export const wholeUpgrade: Benchmark = {
  name: 'whole-upgrade',
  limit: 1_200,
  async run(quick) {
    const units = quick ? 100 : 1_000;
    const turns = quick ? 2 : 4;
    const loop = new ShellLoop();
    return {
      rows: rows(units, {
        zookeeper: await turnsOf(worlds.zookeeper, units, turns, loop),
        synced: await turnsOf(worlds.synced, units, turns, loop),
        embedded: await turnsOf(worlds.embedded, units, turns, loop),
      }),
    };
  },
};

async function turnsOf(options: LabOptions, units: number, count: number, loop: ShellLoop): Promise<Turn[]> {
  const lab = await Lab.open(options);
  await writeFormula(lab.repository, 'web', 1);
  const agent = await lab.agent();
  await lab.run('deploy', '--repository', lab.repository, '-n', String(units), 'web');
  // The agent before is through with its later work: it removes old formulas, and leaves files unwritten.
  const rest = async (): Promise<void> => {
    await idle(agent.pid);
    settleDisk();
  };
  const turns: Turn[] = [];
  const warm = 1;
  for (let turn = 0; turn < warm + count; turn += 1) {
    await rest();
    const floor = await loop.run(units);
    await writeFormula(lab.repository, 'web', turn + 2);
    await rest();
    const ours = await lab.run('upgrade-formula', '--strategy', 'all', 'web');
    if (turn >= warm) turns.push({ ours, loop: floor });
  }
  await lab.close();
  return turns;
}

function rows(units: number, turns: Turns): readonly Row[] {
  const row = (
    of: string,
    against: string,
    pairs: readonly (readonly [ours: number, other: number])[],
    more: Pick<Row, 'aim' | 'bound'> = {},
  ): Row => {
    const { median, least, most } = sampleOf(pairs.map(([ours, other]) => ours / other));
    const seconds = (which: 0 | 1): string =>
      `${(sampleOf(pairs.map((pair) => pair[which])).median / 1_000).toFixed(2)} s`;
    return {
      what: `whole upgrade of ${units} units, journal durable, ${of}`,
      against,
      figure: `${seconds(0)} (against ${seconds(1)})`,
      value: median,
      range: [least, most],
      ...more,
    };
  };
  const loop = 'sequential shell loop: tar, ln, hook';
  const withLoop = (of: readonly Turn[]) => of.map((turn) => [turn.ours, turn.loop] as const);
  const beside = (of: readonly Turn[]) =>
    turns.embedded.map(({ ours }, index) => [ours, of[index]?.ours ?? Number.NaN] as const);
  return [
    row('ZooKeeper (forceSync=no)', loop, withLoop(turns.zookeeper), {
      aim: 0.8,
      bound:
        'two cores, 81 % busy: per unit 2.6 ms of CPU of the agent, of which V8’s own threads take 0.4 and xstate at least 0.5; 2.0 of the processes of the hook, 0.4 of ZooKeeper, 0.5 of the command',
    }),
    row('ZooKeeper (its log synced)', loop, withLoop(turns.synced)),
    row('embedded', loop, withLoop(turns.embedded), { bound: 'each commit waits for its own fsync' }),
    row('embedded', 'the same on ZooKeeper (forceSync=no)', beside(turns.zookeeper), { aim: 1 }),
    row('embedded', 'the same on ZooKeeper (its log synced)', beside(turns.synced)),
  ];
}
