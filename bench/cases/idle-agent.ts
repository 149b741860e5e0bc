import { spawn } from 'node:child_process';
import type { Benchmark, Row } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { idle, usage } from '../lab/process.js';

/** An agent whose units want nothing: memory, CPU, traffic, and how long a restart takes, for growing numbers of units. */
export const idleAgent: Benchmark = {
  name: 'idle-agent',
  limit: 900,
  async run(quick) {
    const sizes = quick ? [10, 100] : [10, 500, 1_000];
    const seconds = quick ? 5 : 30;
    const bare = await rssOfBareNode();
    const memory: [number, number][] = [];
    const restart: [number, number][] = [];
    const traffic: [number, number][] = [];
    const cpu: [number, number][] = [];
    for (const units of sizes) {
      const lab = await Lab.open({ engine: 'zookeeper' });
      try {
        await writeFormula(lab.repository, 'web', 1);
        const first = await lab.agent();
        await lab.run('deploy', '--repository', lab.repository, '-n', String(units), 'web');
        await first.stop();
        const begun = performance.now();
        const agent = await lab.agent();
        await watched(lab, units);
        restart.push([units, performance.now() - begun]);
        await idle(agent.pid);
        const before = { ...(await usage(agent.pid)), packets: await packets(lab) };
        await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
        const after = { ...(await usage(agent.pid)), packets: await packets(lab) };
        memory.push([units, after.rss]);
        cpu.push([units, (after.cpu - before.cpu) / (10 * seconds)]);
        traffic.push([units, (after.packets - before.packets) / seconds]);
      } finally {
        await lab.close();
      }
    }
    const most = sizes.at(-1) ?? 0;
    const published = (what: string, points: readonly (readonly [number, number])[], unit: string): Row => ({
      what: `${what}, ${points.map(([units]) => units).join(', ')} units`,
      against: '–',
      figure: points.map(([, value]) => `${value.toFixed(1)} ${unit}`).join(', '),
      value: points.at(-1)?.[1] ?? Number.NaN,
      range: [points[0]?.[1] ?? Number.NaN, points.at(-1)?.[1] ?? Number.NaN],
    });
    const rss = memory.at(-1)?.[1] ?? Number.NaN;
    return {
      rows: [
        {
          what: `memory of an agent with ${most} idle units`,
          against: 'a bare node process',
          figure: `${(rss / 1_024).toFixed(0)} MiB (node ${(bare / 1_024).toFixed(0)} MiB)`,
          value: rss / bare,
          range: [rss / bare, rss / bare],
          aim: 2.5,
        },
        { ...published('memory per unit', slopes(memory), 'KB'), aim: 60 },
        { ...published('CPU of an idle agent', cpu, '% of a core'), aim: 1 },
        published('requests to the coordinator by an idle agent', traffic, 'per s'),
        published('agent restart until all units are watched', restart, 'ms'),
      ],
      curves: [
        { name: 'memory of an idle agent', unit: 'KB', points: memory },
        { name: 'agent restart', unit: 'ms', points: restart },
      ],
    };
  },
};

function slopes(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const [first] = points;
  return points
    .slice(1)
    .map(([units, value]) => [units, first ? (value - first[1]) / (units - first[0]) : Number.NaN]);
}

async function packets(lab: Lab): Promise<number> {
  return Number(/Received: (\d+)/.exec((await lab.server?.ask('srvr')) ?? '')?.[1]);
}

/** Waits until the server holds a watch for each unit. */
async function watched(lab: Lab, units: number): Promise<void> {
  for (;;) {
    // Not `wchs`, which counts watches of data only: an idle unit has one of children.
    const summary = (await lab.server?.ask('mntr')) ?? '';
    if (Number(/zk_watch_count\s+(\d+)/.exec(summary)?.[1] ?? 0) >= units) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function rssOfBareNode(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { rss } = await usage(child.pid ?? 0);
  child.kill('SIGKILL');
  return rss;
}
