import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../../test/eventually.js';
import type { Benchmark, Row } from '../benchmark.js';
import { Counter } from '../lab/counter.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { inPairs, type Sample, sampleOf } from '../lab/measure.js';
import { idle, settleDisk, usage } from '../lab/process.js';

/** A tenth of the units at once, with no wait for their health. */
const ROLLING = ['--strategy', 'rolling', '--max-parallel', '10%', '--min-healthy', '0s'] as const;

/** Milliseconds for a rollout that nobody follows. */
const WITHIN = 300_000;

/** A rollout beside an upgrade of all units at once; what it costs whoever drives it; and what its leader's end costs. */
export const rollout: Benchmark = {
  name: 'rollout',
  limit: 1_800,
  async run(quick) {
    const units = quick ? 100 : 1_000;
    return {
      rows: [
        await besideAll(units, quick ? 2 : 4),
        ...(await driven(units, quick ? 2 : 4)),
        await largestNode(quick ? 1_000 : 10_000),
        await leaderLost(quick ? 1 : 5),
      ],
    };
  },
};

/** The same units, all at once and a tenth after the other, in turn. */
async function besideAll(units: number, turns: number): Promise<Row> {
  const lab = await Lab.open({ engine: 'zookeeper' });
  await writeFormula(lab.repository, 'web', 1);
  const agent = await lab.agent();
  await lab.run('deploy', '--repository', lab.repository, '-n', String(units), 'web');
  let revision = 1;
  const upgrade = async (...strategy: readonly string[]): Promise<number> => {
    revision += 1;
    await writeFormula(lab.repository, 'web', revision);
    await idle(agent.pid);
    settleDisk();
    return lab.run('upgrade-formula', ...strategy, 'web');
  };
  const { ours, floor, ratio } = await inPairs(
    turns,
    () => upgrade(...ROLLING),
    () => upgrade('--strategy', 'all'),
  );
  await lab.close();
  return {
    what: `rolling upgrade of ${units} units, a tenth at once, no wait for health, ZooKeeper`,
    against: 'the same with `--strategy all`',
    figure: `${(ours.median / 1_000).toFixed(2)} s (against ${(floor.median / 1_000).toFixed(2)} s)`,
    value: ratio.median,
    range: [ratio.least, ratio.most],
    aim: 1.5,
  };
}

/** A rollout that no command follows. The agent that leads has no units, so that its processor time is the driver's. */
async function driven(units: number, turns: number): Promise<readonly Row[]> {
  const lab = await Lab.open({ engine: 'zookeeper' });
  const counter = await Counter.open(lab.server?.port ?? 0);
  const state = `zookeeper://${counter.address}/bench`;
  const coordinator = await lab.coordinator();
  const leader = await lab.agent('lead', { state });
  await eventually(async () => {
    if ((await coordinator.get(paths.leader)) === undefined) throw new Error('nobody leads');
  });
  const agent = await lab.agent('m0', { state });
  await writeFormula(lab.repository, 'web', 1);
  await lab.run('deploy', '--repository', lab.repository, '--machine', 'm0', '-n', String(units), 'web');
  const [cpu, reads, writes]: [number[], number[], number[]] = [[], [], []];
  for (let turn = 0; turn < turns; turn += 1) {
    await writeFormula(lab.repository, 'web', turn + 2);
    await idle(agent.pid);
    await idle(leader.pid);
    const before = await usage(leader.pid);
    counter.take();
    await lab.run('upgrade-formula', '--no-wait', ...ROLLING, 'web');
    await untilDone(coordinator, `web-${turn + 2}`);
    // An agent at rest collects its garbage, three times whatever it did: that is not the driver's.
    cpu.push(((await usage(leader.pid)).cpu - before.cpu) / units);
    await idle(agent.pid);
    const counted = counter.take();
    reads.push(counted.reads / units);
    writes.push(counted.writes / units);
  }
  await lab.close();
  const row = (what: string, figure: string, { median, least, most }: Sample, aim: number): Row => ({
    what: `${what}, rolling upgrade of ${units} units, a tenth at once`,
    against: '–',
    figure: `${median.toFixed(2)} ${figure}`,
    value: median,
    range: [least, most],
    aim,
  });
  return [
    row('CPU of the leading agent per unit', 'ms', sampleOf(cpu), 1),
    row('writes of all agents per unit', 'requests', sampleOf(writes), 5),
    row('reads of all agents per unit', 'requests', sampleOf(reads), 6),
  ];
}

/** Waits until the rollout to a formula is done; it looks seldom, so that it costs the others nothing. */
async function untilDone(coordinator: Coordinator, revision: string): Promise<void> {
  const end = Date.now() + WITHIN;
  for (;;) {
    const { state, to } = JSON.parse((await coordinator.get(paths.rollout('web')))?.value ?? '{}');
    if (state === 'done' && String(to).endsWith(`:${revision}`)) return;
    if (Date.now() > end) throw new Error(`the rollout to ${revision} is ${state}`);
    await pause(100);
  }
}

/** The largest node of an environment in which a rollout asked all units of a large service; no agent is up. */
async function largestNode(units: number): Promise<Row> {
  const lab = await Lab.open({ engine: 'zookeeper' });
  const coordinator = await lab.coordinator();
  await writeFormula(lab.repository, 'web', 1);
  await lab.run('deploy', '--repository', lab.repository, '-n', String(units), '--no-wait', 'web');
  await writeFormula(lab.repository, 'web', 2);
  await lab.run('upgrade-formula', '--no-wait', '--strategy', 'all', 'web');
  const sizes = await nodeSizes(coordinator, ['/']);
  await lab.close();
  const [path, bytes] = [...sizes].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0]);
  return {
    what: `largest node in a rollout of ${units} units`,
    against: '–',
    figure: `${bytes} bytes (${path})`,
    value: bytes,
    range: [bytes, bytes],
    aim: 8_192,
    bound: 'the plan and its state; how far it is stands with the units',
  };
}

/** The bytes of all nodes below, level by level. */
async function nodeSizes(
  coordinator: Coordinator,
  roots: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  let level = roots;
  while (level.length > 0) {
    const nodes = await coordinator.getMany(level);
    for (const [index, path] of level.entries())
      sizes.set(path, Buffer.byteLength(nodes[index]?.value ?? ''));
    const names = await Promise.all(level.map((path) => coordinator.children(path)));
    level = level.flatMap((path, index) =>
      (names[index] ?? []).map((name) => `${path === '/' ? '' : path}/${name}`),
    );
  }
  return sizes;
}

/**
 * The leading agent is killed while a unit is in its hook, and the hook ends. From the kill until the next unit is asked,
 * beside the time in which the coordinator finds out that the agent is gone.
 */
async function leaderLost(times: number): Promise<Row> {
  const found: { readonly gone: number; readonly asked: number }[] = [];
  for (let time = 0; time < times; time += 1) found.push(await loseLeader());
  const seconds = (of: 'gone' | 'asked'): string =>
    `${(sampleOf(found.map((each) => each[of])).median / 1_000).toFixed(1)} s`;
  const { median, least, most } = sampleOf(found.map(({ gone, asked }) => asked / gone));
  return {
    what: 'from the kill of the leading agent to the next unit that is asked',
    against: 'until its session is over',
    figure: `${seconds('asked')} (against ${seconds('gone')})`,
    value: median,
    range: [least, most],
    aim: 2,
  };
}

async function loseLeader(): Promise<{ readonly gone: number; readonly asked: number }> {
  const lab = await Lab.open({ engine: 'zookeeper' });
  try {
    const coordinator = await lab.coordinator();
    const leader = await lab.agent('lead');
    const first = await eventually(async () => {
      const node = await coordinator.get(paths.leader);
      if (node === undefined) throw new Error('nobody leads');
      return node.value;
    });
    await lab.agent('m0');
    await writeFormula(lab.repository, 'web', 1);
    await lab.run('deploy', '--repository', lab.repository, '--machine', 'm0', '-n', '3', 'web');
    const directory = await writeFormula(lab.repository, 'web', 2);
    const hook = join(directory, 'hooks/upgrade-formula');
    const go = join(lab.directory, 'go');
    await writeFile(hook, `#!/bin/sh\nwhile [ ! -e ${go} ]; do sleep 0.02; done\n`);
    await chmod(hook, 0o755);
    await lab.run('upgrade-formula', '--no-wait', '--max-parallel', '1', 'web');
    await eventually(async () => {
      const { state } = JSON.parse((await coordinator.get(paths.status('web/2')))?.value ?? '{}');
      if (state !== 'upgrading') throw new Error(`web/2 is ${state}`);
    }, 60_000);
    const begun = performance.now();
    await leader.kill();
    await writeFile(go, '');
    let gone: number | undefined;
    return await eventually(async () => {
      const [leads, flag] = await coordinator.getMany([paths.leader, paths.upgrade('web/1')]);
      if (leads?.value !== first) gone ??= performance.now() - begun;
      if (flag === undefined || gone === undefined) throw new Error('web/1 is not asked');
      return { gone, asked: performance.now() - begun };
    }, 120_000);
  } finally {
    await lab.close();
  }
}
