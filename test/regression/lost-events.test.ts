import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Coordinator, SessionEvent } from '../../state/coordination/coordinator.js';
import { Observers } from '../../state/coordination/embedded/observers.js';
import { lookAtIntervals } from '../../state/coordination/full-look.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { Watches } from '../../state/coordination/zookeeper/watches.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

/** Has `deaf` in the place of a method until the returned function is called. */
function instead<T extends object, K extends keyof T>(of: T, method: K, deaf: T[K]): () => void {
  const original = of[method];
  of[method] = deaf;
  return () => {
    of[method] = original;
  };
}

describe('an event that a live connection loses', () => {
  let server: ZookeeperServer;
  let directory: string;
  const opened: Coordinator[] = [];
  before(async function () {
    this.timeout(120_000);
    server = await startZookeeper();
    directory = await mkdtemp(join(tmpdir(), 'ensemble-lost-'));
  });
  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const coordinator of opened.splice(0)) await coordinator.close();
  });

  const open = async (url: string, fullLook: number): Promise<Coordinator> => {
    const coordinator = await openCoordinator(url, { fullLook });
    opened.push(coordinator);
    return coordinator;
  };

  let lost = 0;
  const lose = (): void => {
    lost += 1;
  };
  const engines = [
    {
      name: 'zookeeper',
      url: () => `zookeeper://${server.address}/lost`,
      deafen: () => instead(Watches.prototype, 'fired', lose),
    },
    {
      name: 'embedded',
      url: () => `embedded:${join(directory, 'state')}`,
      deafen: () => instead(Observers.prototype, 'look', lose),
    },
  ];
  for (const { name, url, deafen } of engines)
    it(`is made up for by the next full look: ${name}`, async () => {
      const writer = await open(url(), Number.POSITIVE_INFINITY);
      for (const path of ['/units', '/units/f-0']) await writer.create(path, 'one');
      const reader = await open(url(), 200);
      const events: SessionEvent[] = [];
      reader.onSession((event) => events.push(event));
      const seen: Record<string, unknown> = {};
      reader.observe('/units/f-0', (node) => {
        seen.node = node?.value;
      });
      reader.observe('/units/f-1', (node) => {
        seen.absent = node?.value;
      });
      reader.observeChildren('/units', (names) => {
        seen.names = names;
      });
      await eventually(() => assert.deepEqual(seen, { node: 'one', absent: undefined, names: ['f-0'] }));
      lost = 0;
      const hear = deafen();
      try {
        await writer.set('/units/f-0', 'two');
        await writer.create('/units/f-1', 'new');
        await eventually(() => assert.deepEqual(seen, { node: 'two', absent: 'new', names: ['f-0', 'f-1'] }));
        assert.ok(lost > 0, 'events were lost');
      } finally {
        hear();
      }
      // What is watched after it is heard of as before.
      await writer.set('/units/f-1', 'three');
      await eventually(() => assert.equal(seen.absent, 'three'));
      assert.deepEqual(
        events.filter((event) => event !== 'connected'),
        [],
        'the connection stood all the while',
      );
    });

  it('costs few requests however much is observed: all looks of a kind go together', async () => {
    const url = `zookeeper://${server.address}/cost`;
    const writer = await open(url, Number.POSITIVE_INFINITY);
    await writer.transaction(
      Array.from({ length: 400 }, (_, index) => ({ kind: 'create', path: `/unit-${index}`, value: '{}' })),
    );
    const reader = await open(url, 300);
    let known = 0;
    for (let index = 0; index < 400; index += 1)
      reader.observeChildren(`/unit-${index}`, () => {
        known += 1;
      });
    await eventually(() => assert.equal(known, 400));
    let looks = 0;
    const { lookAgain } = Watches.prototype;
    const restore = instead(Watches.prototype, 'lookAgain', function (this: Watches<unknown>) {
      looks += 1;
      lookAgain.call(this);
    });
    const packets = async (): Promise<number> =>
      Number(/zk_packets_received\s+(\d+)/.exec(await server.ask('mntr'))?.[1]);
    try {
      const before = await packets();
      // Of nodes and of names: ten looks are five full ones.
      await eventually(() => assert.ok(looks >= 10));
      const each = ((await packets()) - before) / 5;
      // Two requests for each 200, and the heartbeats of both clients.
      assert.ok(each >= 2 && each <= 8, `${each} requests for a full look at 400 units`);
    } finally {
      restore();
    }
    assert.equal(known, 400, 'nobody is told what he knows');
  });

  it('is waited for at most a quarter longer than the interval, and not by all clients at one moment', () => {
    for (const [chance, first] of [
      [0, 225_000],
      [1, 375_000],
    ] as const) {
      const clock = new ManualClock();
      let looks = 0;
      const end = lookAtIntervals(
        clock,
        () => chance,
        300_000,
        () => {
          looks += 1;
        },
      );
      clock.advance(first - 1);
      assert.equal(looks, 0);
      clock.advance(1);
      assert.equal(looks, 1);
      clock.advance(first);
      assert.equal(looks, 2, 'and so on');
      end();
      clock.advance(1_000_000);
      assert.equal(looks, 2);
    }
  });
});
