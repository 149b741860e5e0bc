import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openCoordinator } from '../../state/coordination/open.js';
import { mapBounded } from '../../state/formula/concurrency.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { systemClock } from '../../state/platform/clock.js';
import { watcherProgram } from '../../test/programs.js';
import { startWatcher } from '../../watcher/watcher.js';
import type { Benchmark, Row } from '../benchmark.js';
import { inPairs, sampleOf } from '../lab/measure.js';
import { exactCpu, idle, usage } from '../lab/process.js';

const REPOSITORIES = 20;
const SERVICES = 1_000;
/** Repositories that are asked at the same time, as the watcher does. */
const AT_ONCE = 8;
/** Milliseconds for which a watcher at rest is looked at. */
const REST = 60_000;
/** Milliseconds in which V8 tidies up once after it had much to do. */
const TIDYING = 20_000;

const run = promisify(execFile);

/** A pass over repositories that did not change, beside the `git ls-remote` of each; and the watcher at rest. */
export const watcher: Benchmark = {
  name: 'watcher',
  limit: 600,
  async run(quick) {
    const root = mkdtempSync(join(tmpdir(), 'watcher-'));
    const remotes = await makeRepositories(root);
    const state = `embedded:${join(root, 'state')}`;
    const storage = `file:${join(root, 'storage')}`;
    await makeServices(state, remotes);
    const rows = [
      ...(await measurePass({ state, storage, root }, remotes, quick ? 6 : 20)),
      ...(await measureRest({ state, storage, root }, quick ? REST / 4 : REST)),
    ];
    return { rows };
  },
};

interface Place {
  readonly state: string;
  readonly storage: string;
  readonly root: string;
}

async function makeRepositories(root: string): Promise<readonly string[]> {
  return mapBounded(
    Array.from({ length: REPOSITORIES }, (_, index) => join(root, `repository-${index}`)),
    AT_ONCE,
    async (directory) => {
      mkdirSync(join(directory, 'hooks'), { recursive: true });
      writeFileSync(join(directory, 'metadata.yaml'), 'name: f\nrevision: 2\nsummary: measured\n');
      writeFileSync(join(directory, 'hooks', 'install'), '#!/bin/sh\n', { mode: 0o755 });
      const git = (...words: readonly string[]) => run('git', ['-C', directory, ...words]);
      await git('init', '--quiet', '--initial-branch=main', '.');
      await git('add', '--all');
      const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
      await git(...author, 'commit', '--quiet', '--message=one');
      return directory;
    },
  );
}

async function makeServices(state: string, remotes: readonly string[]): Promise<void> {
  const coordinator = await openCoordinator(state);
  await bootstrapTree(coordinator);
  await coordinator.create(
    paths.formula('r:f-1'),
    nodeValue({
      sha256: '0'.repeat(64),
      size: 1,
      storageKey: 'none',
      metadata: { name: 'f', revision: 1, summary: 'measured' },
      config: {},
      hooks: ['install'],
      publishedAt: '2026-01-01T00:00:00Z',
    }),
  );
  for (let index = 0; index < SERVICES; index += 1) {
    const name = `s${index}`;
    const repository = { name: 'r', path: `git+file://${remotes[index % remotes.length]}` };
    const service = { formula: 'r:f-1', repository, nextUnit: 0, change: 'measured' };
    await coordinator.transaction([
      { kind: 'create', path: paths.service(name), value: nodeValue(service) },
      { kind: 'create', path: paths.config(name), value: '{}' },
      { kind: 'create', path: paths.serviceUnits(name), value: '{}' },
      { kind: 'create', path: paths.serviceRelations(name), value: '{}' },
    ]);
  }
  await coordinator.close();
}

async function measurePass(
  { state, storage }: Place,
  remotes: readonly string[],
  turns: number,
): Promise<readonly Row[]> {
  const quiet = () => undefined;
  const watching = startWatcher({
    environments: [{ name: 'measured', state, storage }],
    period: 3_600_000,
    version: 'bench',
    once: true,
    clock: systemClock,
    random: Math.random,
    log: { debug: quiet, info: quiet, warning: quiet, error: quiet },
    openParts: async () => ({
      reporter: { report: quiet },
      announcer: { announce: async () => undefined },
      parts: [],
      close: async () => undefined,
    }),
  });
  await watching.once();
  const spent: number[] = [];
  const { ours, floor, ratio } = await inPairs(
    turns,
    async () => {
      const [begun, before] = [performance.now(), process.cpuUsage()];
      await watching.pass();
      const { user, system } = process.cpuUsage(before);
      spent.push((user + system) / 1e6);
      return performance.now() - begun;
    },
    async () => {
      const begun = performance.now();
      await mapBounded(remotes, AT_ONCE, (remote) => run('git', ['ls-remote', '--quiet', '--', remote]));
      return performance.now() - begun;
    },
  );
  await watching.stop();
  const own = sampleOf(spent.slice(-turns));
  return [
    {
      what: `a pass over ${REPOSITORIES} unchanged repositories of ${SERVICES} services`,
      against: `${REPOSITORIES} git ls-remote, ${AT_ONCE} at once`,
      figure: `${ours.median.toFixed(0)} ms (${floor.median.toFixed(0)} ms)`,
      value: ratio.median,
      range: [ratio.least, ratio.most],
      aim: 2,
      bound: 'starting git',
    },
    {
      what: 'the same: seconds of the watcher’s own processor',
      against: '–',
      figure: `${own.median.toFixed(2)} s`,
      value: own.median,
      range: [own.least, own.most],
      aim: 0.3,
      bound: 'reading the services',
    },
  ];
}

async function measureRest({ state, storage, root }: Place, rest: number): Promise<readonly Row[]> {
  const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  const words = [watcherProgram, '--state', state, '--storage', storage, '--period', '1h'];
  const child = spawn(process.execPath, words, {
    stdio: 'ignore',
    env: { PATH: process.env.PATH, HOME: root },
  });
  try {
    const pids = [bare.pid ?? 0, child.pid ?? 0] as const;
    const coordinator = await openCoordinator(state);
    while (JSON.parse((await coordinator.get(paths.watcherState))?.value ?? '{}').pid !== child.pid)
      await pause(50);
    await coordinator.close();
    await idle(pids[1]);
    await pause(TIDYING);
    const [floor, before] = [await usage(pids[0]), await exactCpu(pids[1])];
    await pause(rest);
    const after = await usage(pids[1]);
    const share = (100 * ((await exactCpu(pids[1])) - before)) / rest;
    const ratio = after.rss / floor.rss;
    return [
      {
        what: `memory of a watcher at rest, ${SERVICES} services`,
        against: 'node without anything to do',
        figure: `${(after.rss / 1024).toFixed(0)} MiB (${(floor.rss / 1024).toFixed(0)} MiB)`,
        value: ratio,
        range: [ratio, ratio],
        aim: 2.5,
      },
      {
        what: 'processor of a watcher at rest: percent of a core',
        against: '–',
        figure: `${share.toFixed(3)} %`,
        value: share,
        range: [share, share],
        aim: 0.1,
      },
    ];
  } finally {
    bare.kill('SIGKILL');
    child.kill('SIGKILL');
  }
}
