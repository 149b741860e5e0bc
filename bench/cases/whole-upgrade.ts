import type { Benchmark, Row } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { Lab, type LabAgent, type LabOptions } from '../lab/lab.js';
import { type Sample, sampleOf } from '../lab/measure.js';
import { idle, settleDisk } from '../lab/process.js';
import { ShellLoop } from '../lab/shell-loop.js';

/** The tests' servers do not flush their log to the disk; ZooKeeper by itself does. */
const worlds = {
  zookeeper: { engine: 'zookeeper' },
  synced: { engine: 'zookeeper', configuration: ['forceSync=yes'] },
  embedded: { engine: 'embedded' },
} as const satisfies Record<string, LabOptions>;

const names = Object.keys(worlds) as (keyof typeof worlds)[];
type Turn = Readonly<Record<keyof typeof worlds | 'loop', number>>;

/** Whole upgrades of a service on one machine, beside a sequential shell loop and each other, in turn. */
export const wholeUpgrade: Benchmark = {
  name: 'whole-upgrade',
  limit: 1_200,
  async run(quick) {
    const units = quick ? 100 : 1_000;
    const loop = new ShellLoop();
    const labs = new Map<string, { readonly lab: Lab; readonly agent: LabAgent }>();
    for (const name of names) labs.set(name, await labWith(units, worlds[name]));
    // Whoever ran before is through with what it does afterwards: it removes old formulas, and leaves files unwritten.
    const rest = async (): Promise<void> => {
      await Promise.all([...labs.values()].map(({ agent }) => idle(agent.pid)));
      settleDisk();
    };
    const turns: Turn[] = [];
    const warm = 1;
    for (let turn = 0; turn < warm + (quick ? 2 : 4); turn += 1) {
      await rest();
      const times: Record<string, number> = { loop: await loop.run(units) };
      for (const [name, { lab }] of labs) {
        await writeFormula(lab.repository, 'web', turn + 2);
        await rest();
        times[name] = await lab.run('upgrade-formula', 'web');
      }
      if (turn >= warm) turns.push(times as Turn);
    }
    for (const { lab } of labs.values()) await lab.close();
    return { rows: rows(units, turns) };
  },
};

async function labWith(units: number, options: LabOptions) {
  const lab = await Lab.open(options);
  await writeFormula(lab.repository, 'web', 1);
  const agent = await lab.agent();
  await lab.run('deploy', '--repository', lab.repository, '-n', String(units), 'web');
  return { lab, agent };
}

function rows(units: number, turns: readonly Turn[]): readonly Row[] {
  const what = `whole upgrade of ${units} units, journal durable`;
  const seconds = (name: keyof Turn): string =>
    `${(sampleOf(turns.map((turn) => turn[name])).median / 1_000).toFixed(2)} s`;
  const ratio = (ours: keyof Turn, floor: keyof Turn): Sample =>
    sampleOf(turns.map((turn) => turn[ours] / turn[floor]));
  const row = (
    of: string,
    against: string,
    ours: keyof Turn,
    floor: keyof Turn,
    more: Pick<Row, 'aim' | 'bound'> = {},
  ): Row => {
    const { median, least, most } = ratio(ours, floor);
    const figure = `${seconds(ours)} (against ${seconds(floor)})`;
    return { what: `${what}, ${of}`, against, figure, value: median, range: [least, most], ...more };
  };
  const loop = 'sequential shell loop: tar, ln, hook';
  return [
    row('ZooKeeper (forceSync=no)', loop, 'zookeeper', 'loop', {
      aim: 0.8,
      bound:
        'two cores: per unit 4.2 ms of CPU of the agent, a third of it the files, 2.7 of the processes of the hook, 0.7 of the command, 0.7 of ZooKeeper',
    }),
    row('ZooKeeper (its log synced)', loop, 'synced', 'loop'),
    row('embedded', loop, 'embedded', 'loop', { bound: 'each commit waits for its own fsync' }),
    row('embedded', 'the same on ZooKeeper (forceSync=no)', 'embedded', 'zookeeper', { aim: 1 }),
    row('embedded', 'the same on ZooKeeper (its log synced)', 'embedded', 'synced'),
  ];
}
