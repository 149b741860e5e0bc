import assert from 'node:assert/strict';
import { systemClock } from '../../../state/platform/clock.js';
import { paths } from '../../../state/model/paths.js';
import { ensureWatcherNodes } from '../../../state/model/watcher.js';
import { readDeliveries } from '../../../state/model/watcher-deliveries.js';
import type { Announcement } from '../../../watcher/contract/announcement.js';
import type { Led } from '../../../watcher/contract/led.js';
import type { Report } from '../../../watcher/contract/report.js';
import { type OpenAnnouncer, openAnnouncer } from '../../../watcher/outbox/open-announcer.js';
import { eventually } from '../../eventually.js';
import { useTree } from '../../state/model/tree.js';
import { Receiver } from '../sinks/receiver.js';

describe('an announcer', () => {
  let receiver: Receiver;
  let announcer: OpenAnnouncer;
  let reports: Report[];
  let over: AbortController;
  afterEach(async () => {
    await announcer.close();
    await receiver.down();
  });
  // Its end comes after theirs.
  const tree = useTree();
  beforeEach(async () => {
    await ensureWatcherNodes(tree.one);
    receiver = await Receiver.start();
    reports = [];
    over = new AbortController();
    const silent = (): void => undefined;
    const led: Led = {
      session: {
        environment: { name: 'e', state: '', storage: '' },
        coordinator: tree.one,
        storage: () => Promise.reject(new Error('it needs none')),
      },
      guard: { kind: 'check', path: paths.watcherElection, version: 0 },
      over: over.signal,
      clock: systemClock,
      random: () => 0.5,
      log: { debug: silent, info: silent, warning: silent, error: silent },
    };
    const sink = {
      name: 'chat',
      kind: 'webhook',
      url: receiver.url,
      timeout: 10_000,
      tries: 9,
      giveUp: 1e9,
    } as const;
    announcer = openAnnouncer(led, [sink], { report: (report) => reports.push(report) });
  });

  const announcement = (id: string): Announcement => ({
    id,
    environment: 'e',
    service: 'web',
    formula: 'p:web-1',
    repository: 'r',
    deployed: 1,
    eligible: 2,
    questionable: null,
    urgent: null,
    at: '2026-01-01T00:00:00.000Z',
    did: 'notify',
  });

  it('delivers nothing more as soon as another watcher leads, which delivers what is in line', async () => {
    await announcer.announce(announcement('a1'), tree.one);
    const standing = async (): Promise<readonly string[]> =>
      (await readDeliveries(tree.two, [])).map(({ name, delivery }) => `${name} ${delivery.state}`);
    await eventually(async () => assert.deepEqual(await standing(), ['a1-chat delivered']));
    over.abort();
    await announcer.announce(announcement('b2'), tree.one);
    await announcer.close();
    assert.equal(receiver.received.length, 1);
    assert.deepEqual(await standing(), ['a1-chat delivered', 'b2-chat waiting']);
  });

  it('reports what it gives up, with the command that has it tried again', async () => {
    receiver.answer = (answer) => answer.writeHead(410).end();
    await announcer.announce(announcement('a1'), tree.one);
    await eventually(() => assert.equal(reports.length, 1));
    const [{ outcome, fault, fingerprint, error } = {}] = reports as readonly Partial<Report>[];
    assert.deepEqual([outcome, fault, fingerprint], ['failed', 'infrastructure', 'a1']);
    assert.match(error ?? '', /^it answers 410: it wants no more of it; next: ensemble watcher retry a1$/);
  });
});
