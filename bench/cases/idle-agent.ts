import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, Row } from '../benchmark.js';
import type { Line } from '../chart.js';
import { Counter } from '../lab/counter.js';
import { writeFormula } from '../lab/formula.js';
import { Lab, type LabAgent } from '../lab/lab.js';
import { sampleOf } from '../lab/measure.js';
import { idle, usage } from '../lab/process.js';
import { untilWatched } from '../lab/server-numbers.js';

type Points = Line['points'];

interface AtRest {
  readonly units: number;
  /** Resident kilobytes. */
  readonly memory: number;
  /** Milliseconds from the start of the process until its server has a watch for each unit, of several restarts. */
  readonly restarts: readonly number[];
  /** Percent of a core. */
  readonly cpu: number;
  readonly bytesPerSecond: number;
  readonly requestsPerSecond: number;
}

/** An agent whose units want nothing: memory, CPU, traffic and how long a restart takes, for more and more units. */
export const idleAgent: Benchmark = {
  name: 'idle-agent',
  limit: 900,
  async run(quick) {
    const sizes = quick ? [10, 50, 100] : [10, 250, 500, 1_000];
    const lab = await Lab.open({ engine: 'zookeeper' });
    await writeFormula(lab.repository, 'web', 1);
    let agent = await lab.agent();
    const found: AtRest[] = [];
    for (const units of sizes) {
      const more = String(units - (found.at(-1)?.units ?? 0));
      if (found.length === 0) await lab.run('deploy', '--repository', lab.repository, '-n', more, 'web');
      else await lab.run('add-unit', '-n', more, 'web');
      const restarts: number[] = [];
      for (let turn = 0; turn < (quick ? 2 : 5); turn += 1) {
        await agent.stop();
        const begun = performance.now();
        agent = await lab.agent();
        await untilWatched(lab.server ? [lab.server] : [], units);
        restarts.push(performance.now() - begun);
        await idle(agent.pid);
      }
      await agent.stop();
      const counter = await Counter.open(lab.server?.port ?? 0);
      agent = await lab.agent('m0', { state: `zookeeper://${counter.address}/bench` });
      found.push({ units, restarts, ...(await atRest(agent, counter, quick ? 5 : 45)) });
      await agent.stop();
      agent = await lab.agent();
    }
    await agent.stop();
    await lab.close();
    return report(found, await bareNode());
  },
};

async function atRest(agent: LabAgent, counter: Counter, seconds: number) {
  await idle(agent.pid);
  counter.take();
  const before = await usage(agent.pid);
  // Long enough for the agent to have collected its garbage, which it does when it has rested for a while.
  await pause(seconds * 1_000);
  const after = await usage(agent.pid);
  const { bytesToClients, bytesToServer, reads, writes, pings, others } = counter.take();
  return {
    memory: after.rss,
    cpu: (after.cpu - before.cpu) / (10 * seconds),
    bytesPerSecond: (bytesToClients + bytesToServer) / seconds,
    requestsPerSecond: (reads + writes + pings + others) / seconds,
  };
}

/** Resident kilobytes of a Node that does nothing. */
async function bareNode(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  await pause(2_000);
  const { rss } = await usage(child.pid ?? 0);
  child.kill('SIGKILL');
  return rss;
}

function report(found: readonly AtRest[], bare: number) {
  const points = (value: (each: AtRest) => number): Points => found.map((each) => [each.units, value(each)]);
  const sizes = found.map(({ units }) => units).join(', ');
  const restart = points(({ restarts }) => sampleOf(restarts).median);
  const memory = points((each) => each.memory);
  const [least, most] = [found[0], found.at(-1)];
  const ratio = (most?.memory ?? Number.NaN) / bare;
  const alone = (value: number) => ({ against: '–', value, range: [value, value] as const });
  const listed = (along: Points, unit: string, digits = 0): string =>
    along.map(([, value]) => `${value.toFixed(digits)} ${unit}`).join(', ');
  const traffic = (most?.bytesPerSecond ?? Number.NaN) / (least?.bytesPerSecond ?? Number.NaN);
  const rows: Row[] = [
    {
      what: `memory of an agent with ${most?.units} idle units, restarted`,
      against: 'a bare node process',
      figure: `${((most?.memory ?? 0) / 1_024).toFixed(0)} MiB (node ${(bare / 1_024).toFixed(0)} MiB)`,
      value: ratio,
      range: [ratio, ratio],
      aim: 2.5,
      bound: "Node and the agent's code; a unit's machine, record and watches",
    },
    {
      what: `memory for one unit more, KiB, at ${sizes} units`,
      ...alone(slope(memory)),
      figure: listed(
        points((each) => each.memory / 1_024),
        'MiB',
      ),
      aim: 60,
      bound: 'its machine, its record, what is known of its nodes, the watch on its log',
    },
    {
      what: `CPU of an idle agent, % of a core, at ${sizes} units`,
      ...alone(most?.cpu ?? Number.NaN),
      figure: listed(
        points(({ cpu }) => cpu),
        '%',
        2,
      ),
      aim: 1,
    },
    {
      what: `traffic of an idle agent with the coordinator, ${most?.units} units`,
      against: `the same, ${least?.units} units`,
      figure: `${listed(
        points(({ bytesPerSecond }) => bytesPerSecond),
        'B/s',
      )}; ${listed(
        points(({ requestsPerSecond }) => requestsPerSecond),
        'requests/s',
        2,
      )}`,
      value: traffic,
      range: [traffic, traffic],
      aim: 1.2,
      bound: 'the heartbeat of the session',
    },
    {
      what: `agent restart until all units are watched again, ms for one unit more, at ${sizes} units`,
      ...alone(slope(restart)),
      figure: listed(restart, 'ms'),
      bound: 'the start of Node and of the unit machines, and one reading of each unit',
    },
  ];
  return {
    rows,
    charts: [
      {
        name: 'memory',
        title: 'Memory of an idle agent',
        across: 'units',
        unit: 'MiB',
        lines: [
          { name: 'agent', points: memory.map(([units, kilobytes]) => [units, kilobytes / 1_024] as const) },
          { name: 'bare node', points: memory.map(([units]) => [units, bare / 1_024] as const) },
        ],
      },
      {
        name: 'restart',
        title: 'Agent restart until all units are watched',
        across: 'units',
        unit: 'ms',
        lines: [{ name: 'restart', points: restart }],
      },
    ],
  };
}

/** Between the first and the last point. */
function slope(points: Points): number {
  const [first, last] = [points[0], points.at(-1)];
  return first && last ? (last[1] - first[1]) / (last[0] - first[0]) : Number.NaN;
}
