import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HomeEnvironment, homeEnvironment } from '../../agent/environment/home-environment.js';
import { readMemory, writeMemory } from '../../agent/environment/memory.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { nodeValue } from '../../state/model/entity.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { paths } from '../../state/model/paths.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const silent = { debug() {}, info() {}, warning() {}, error() {} };

describe('the mark of an agent', function () {
  this.timeout(20_000);
  let root: string;
  let coordinator: Coordinator;
  let homes: HomeEnvironment[];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ensemble-marks-'));
    coordinator = await openCoordinator(`embedded:${join(root, 'state')}`);
    await bootstrapTree(coordinator, 'new');
    homes = [];
  });
  afterEach(async () => {
    for (const each of homes) await each.close();
    await coordinator.close();
    await rm(root, { recursive: true });
  });

  /** Of an agent that has a unit; all of them are copies of one. */
  async function home(directory: string, acceptState = false): Promise<HomeEnvironment> {
    await mkdir(join(root, directory), { recursive: true });
    const opened = await homeEnvironment({
      environment: 'w',
      state: 'x',
      machine: 'm0',
      agentId: 'aaaa',
      dataDirectory: join(root, directory),
      command: 'ensemble-agent',
      units: () => ['f/0'],
      acceptState,
      clock: systemClock,
      log: silent,
    });
    homes.push(opened);
    return opened;
  }

  const recognised = async (each: HomeEnvironment): Promise<boolean> =>
    each.recognise((path) => coordinator.get(path));

  it('never goes down, however late one of its copies writes it', async () => {
    const stopped = await home('a');
    await stopped.settle(coordinator);
    stopped.touched();
    for (let starts = 0; starts < 4; starts += 1) await (await home('b')).settle(coordinator);
    await stopped.close();
    const { count } = JSON.parse((await coordinator.get('/marks/aaaa'))?.value ?? '{}');
    assert.equal(count, 6);
    assert.equal(await recognised(await home('b')), true);
  });

  for (const environment of ['old', 'new'])
    it(`of before is forgotten with an accepted state, of environment ${environment}, before the tree is told`, async () => {
      await mkdir(join(root, 'a'));
      await writeMemory(join(root, 'a'), { environment, mark: { count: 7, at: '2026-01-01T00:00:00Z' } });
      const accepting = await home('a', true);
      assert.equal(await recognised(accepting), true);
      const dying: Coordinator = {
        get: (path) => coordinator.get(path),
        children: (path) => coordinator.children(path),
        getMany: () => new Promise<never>(() => undefined),
      } as Partial<Coordinator> as Coordinator;
      void accepting.settle(dying);
      await eventually(async () =>
        assert.deepEqual(await readMemory(join(root, 'a')), { environment: 'new', disowned: ['f/0'] }),
      );
      const next = await home('a');
      assert.equal(await recognised(next), true, 'it is not refused again');
      assert.equal(next.disowned('f/0')?.by, 'ensemble-agent --accept-state');
    });

  it('is written by nobody who has lost the machine', async () => {
    const world = await World.open();
    try {
      const writes: (readonly Operation[])[] = [];
      const open: typeof openCoordinator = async (url, options) => {
        const opened = await openCoordinator(url, options);
        const { transaction } = opened;
        opened.transaction = (operations) => {
          if (operations.some(({ path }) => path.startsWith(`${paths.marks}/`))) writes.push(operations);
          return transaction.call(opened, operations);
        };
        return opened;
      };
      await world.agent({ open });
      assert.equal(writes.length, 1);
      const [first] = writes.flat();
      assert.equal(first?.kind, 'check');
      assert.ok(first.path.startsWith(paths.machineClaim('m0', '')));
    } finally {
      await world.close();
    }
  });

  it('keeps no agent starting that loses the machine before it has written it', async () => {
    const world = await World.open();
    try {
      const owner = { agentId: 'b', hostname: 'h', dataDirectory: '/d', since: 's', claim: '0123456789ab' };
      const open: typeof openCoordinator = async (url, options) => {
        const opened = await openCoordinator(url, options);
        const { transaction } = opened;
        opened.transaction = async (operations) => {
          const [first] = operations;
          if (first !== undefined && operations.some(({ path }) => path.startsWith(`${paths.marks}/`))) {
            await world.coordinator.set(paths.machine('m0'), nodeValue({ hostname: 'h', owner }));
            await world.coordinator.remove(first.path);
          }
          return transaction.call(opened, operations);
        };
        return opened;
      };
      await assert.rejects(world.agent({ open }), { code: 'machine-taken-over' });
    } finally {
      await world.close();
    }
  });
});
