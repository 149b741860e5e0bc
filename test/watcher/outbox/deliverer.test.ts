import assert from 'node:assert/strict';
import { DeliveryNotFound } from '../../../control/watching/errors.js';
import { retryDeliveries } from '../../../control/watching/retry-deliveries.js';
import type { SinkRules } from '../../../state/environments/watcher-section.js';
import { paths } from '../../../state/model/paths.js';
import { readDeliveries } from '../../../state/model/watcher-deliveries.js';
import { systemClock } from '../../../state/platform/clock.js';
import { Deliverer, type Tried } from '../../../watcher/outbox/deliverer.js';
import { openSinks } from '../../../watcher/sinks/open-sinks.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';
import { ensureWatcherNodes } from '../../../state/model/watcher.js';
import { requester, useTree } from '../../state/model/tree.js';
import { Receiver } from '../sinks/receiver.js';

describe('the announcements in line', () => {
  let clock: ManualClock;
  let receivers: Receiver[];
  let deliverers: Deliverer[];
  let tried: Tried[];
  /** Tries that were begun. */
  let begun: number;

  beforeEach(() => {
    clock = new ManualClock();
    begun = 0;
    receivers = [];
    deliverers = [];
    tried = [];
  });
  afterEach(async () => {
    await Promise.all(deliverers.map((each) => each.close()));
    await Promise.all(receivers.map((each) => each.down().catch(() => undefined)));
  });

  // Its end comes after theirs.
  const tree = useTree();

  const receiver = async (): Promise<Receiver> => {
    const made = await Receiver.start();
    receivers.push(made);
    return made;
  };
  const sinkTo = ({ url }: Receiver, name = 'chat', more: Partial<SinkRules> = {}): SinkRules =>
    ({ name, kind: 'webhook', url, timeout: 10_000, tries: 250, giveUp: 86_400_000, ...more }) as SinkRules;
  const deliverer = async (
    rules: readonly SinkRules[],
    more: { readonly guard?: { kind: 'check'; path: string; version: number } } = {},
  ): Promise<Deliverer> => {
    await ensureWatcherNodes(tree.one);
    const made = new Deliverer({
      coordinator: tree.one,
      environment: 'e',
      sinks: openSinks(rules, systemClock).map((sink) => ({
        ...sink,
        deliver: (...of) => {
          begun += 1;
          return sink.deliver(...of);
        },
      })),
      clock,
      random: () => 0.5,
      tried: (event) => tried.push(event),
      failed: (error) => assert.fail(error),
      ...more,
    });
    deliverers.push(made);
    return made;
  };
  const announcement = (id: string) => ({ id, environment: 'e', service: 'web' });
  const idsOf = ({ received }: Receiver): readonly unknown[] =>
    received.map(({ headers }) => headers['idempotency-key']);
  const states = async (): Promise<readonly string[]> =>
    (await readDeliveries(tree.two, [])).map(({ name, delivery }) => `${name} ${delivery.state}`);

  it('are delivered to each sink, once, and known for a while', async () => {
    const [chat, pager] = [await receiver(), await receiver()];
    const one = await deliverer([
      sinkTo(chat),
      sinkTo(pager, 'pager'),
      sinkTo(chat, 'other', { environments: ['o'] }),
    ]);
    await one.announce(announcement('a'));
    await eventually(() => assert.deepEqual([idsOf(chat), idsOf(pager)], [['a'], ['a']]));
    await eventually(async () => assert.deepEqual(await states(), ['a-chat delivered', 'a-pager delivered']));
    await one.announce(announcement('a'));
    await one.announce(announcement('b'));
    await eventually(() =>
      assert.deepEqual(
        [idsOf(chat), idsOf(pager)],
        [
          ['a', 'b'],
          ['a', 'b'],
        ],
      ),
    );
    await eventually(() => assert.equal(tried.length, 4));
    await eventually(async () => {
      clock.advance(600_000);
      assert.deepEqual(await states(), []);
    });
    await one.announce(announcement('a'));
    await eventually(() => assert.deepEqual(idsOf(chat), ['a', 'b', 'a']));
  });

  it('reach a receiver that was down for an hour once, when it is back, and no other waits for it', async () => {
    const [chat, pager] = [await receiver(), await receiver()];
    await chat.down();
    const one = await deliverer([sinkTo(chat), sinkTo(pager, 'pager')]);
    await one.announce(announcement('a'));
    await eventually(() => assert.deepEqual(idsOf(pager), ['a']));
    const end = clock.now() + 3_600_000;
    while (clock.now() < end) {
      const before = tried.length;
      await eventually(() => {
        // A try takes a moment, however busy the machine is: the clock stands still for it.
        if (begun === tried.length) clock.advance(30_000);
        assert.ok(tried.length > before);
      });
    }
    const tries = tried.filter(({ outcome }) => outcome === 'failed').length;
    assert.ok(tries >= 12 && tries <= 40, `${tries} tries in an hour`);
    await chat.up();
    await eventually(() => {
      clock.advance(1_000);
      assert.deepEqual(idsOf(chat), ['a']);
    });
    await eventually(async () => assert.ok((await states()).includes('a-chat delivered')));
    clock.advance(3_600_000);
    assert.deepEqual(idsOf(chat), ['a']);
  });

  it('are taken over by the next watcher, with their tries', async () => {
    const chat = await receiver();
    chat.answer = (answer, count) => answer.writeHead(count === 1 ? 500 : 200).end();
    const one = await deliverer([sinkTo(chat)]);
    await one.announce(announcement('a'));
    await eventually(async () => assert.equal((await readDeliveries(tree.two, []))[0]?.delivery.tries, 1));
    await one.close();
    await deliverer([sinkTo(chat)]);
    await eventually(() => {
      clock.advance(1_000);
      assert.deepEqual(tried.at(-1), { sink: 'chat', id: 'a', outcome: 'delivered', tries: 2 });
    });
    assert.deepEqual(idsOf(chat), ['a', 'a']);
  });

  it('of which one is refused do not keep the others', async () => {
    const chat = await receiver();
    const one = await deliverer([sinkTo(chat)]);
    chat.answer = (answer, count) => answer.writeHead(count === 1 ? 400 : 200).end();
    await one.announce(announcement('a'));
    await one.announce(announcement('b'));
    await eventually(() => assert.deepEqual(idsOf(chat), ['a', 'b']));
  });

  it('wait with the one that is tried, where their receiver is away', async () => {
    const chat = await receiver();
    chat.answer = (answer) => answer.writeHead(503, { 'retry-after': '60' }).end();
    const one = await deliverer([sinkTo(chat)]);
    await one.announce(announcement('a'));
    await eventually(() => assert.equal(tried.length, 1));
    await one.announce(announcement('b'));
    clock.advance(59_000);
    await eventually(() => assert.deepEqual(one.backlog.get('chat'), { waiting: 2, dead: 0 }));
    assert.equal(chat.received.length, 1);
    chat.answer = (answer) => answer.writeHead(200).end();
    await eventually(() => {
      clock.advance(1_000);
      assert.equal(chat.received.length, 3);
    });
  });

  it('that were given up are kept, and tried again where an operator says so', async () => {
    const chat = await receiver();
    chat.answer = (answer) => answer.writeHead(410).end();
    const one = await deliverer([sinkTo(chat)]);
    await one.announce(announcement('a1'));
    await one.announce(announcement('a2'));
    await eventually(async () => assert.deepEqual(await states(), ['a1-chat dead', 'a2-chat dead']));
    clock.advance(86_400_000);
    assert.equal(chat.received.length, 2, 'it is not asked again');
    chat.answer = (answer) => answer.writeHead(200).end();
    const operator = { coordinator: tree.two };
    await assert.rejects(retryDeliveries(operator, 'b', requester, []), DeliveryNotFound);
    const again = await retryDeliveries(operator, 'a1', requester, []);
    assert.deepEqual(
      again.map(({ announcement: { id }, tries }) => [id, tries]),
      [['a1', 0]],
    );
    await eventually(() => assert.deepEqual(idsOf(chat), ['a1', 'a2', 'a1']));
    assert.equal((await retryDeliveries(operator, undefined, requester, [])).length, 1);
    await eventually(() => assert.deepEqual(idsOf(chat), ['a1', 'a2', 'a1', 'a2']));
  });

  it('for a sink that is named no more are given up', async () => {
    const chat = await receiver();
    await chat.down();
    const one = await deliverer([sinkTo(chat)]);
    await one.announce(announcement('a'));
    await eventually(() => assert.equal(tried.length, 1));
    await one.close();
    await deliverer([]);
    await eventually(async () => assert.deepEqual(await states(), ['a-chat dead']));
    assert.match((await readDeliveries(tree.two, []))[0]?.delivery.reason ?? '', /names no such sink/);
  });

  it('are announced by nobody whose leadership is over, and delivered by nobody else than who leads', async () => {
    const chat = await receiver();
    const guard = { kind: 'check', path: paths.services, version: 7 } as const;
    const one = await deliverer([sinkTo(chat)], { guard });
    await assert.rejects(one.announce(announcement('a')));
    assert.deepEqual(await states(), []);
  });

  it('are noted as delivered where that is acknowledged in the moment in which the watcher ends', async () => {
    await ensureWatcherNodes(tree.one);
    const made: Deliverer = new Deliverer({
      coordinator: tree.one,
      environment: 'e',
      sinks: [
        {
          name: 'chat',
          tries: 9,
          giveUp: 1e9,
          takes: () => true,
          deliver: async () => {
            void made.close();
            return { kind: 'acknowledged' };
          },
        },
      ],
      clock,
      random: () => 0.5,
      tried: (event) => tried.push(event),
      failed: (error) => assert.fail(error),
    });
    await made.announce(announcement('a'));
    await eventually(() => assert.equal(tried.length, 1));
    await made.close();
    assert.deepEqual(await states(), ['a-chat delivered']);
  });

  it('go on through what cannot be read', async () => {
    const chat = await receiver();
    const one = await deliverer([sinkTo(chat)]);
    await one.announce(announcement('a'));
    await eventually(() => assert.equal(chat.received.length, 1));
    await tree.two.create(paths.watcherDelivery('bad-chat'), 'no json');
    await one.announce(announcement('b'));
    await eventually(() => assert.deepEqual(idsOf(chat), ['a', 'b']));
  });
});
