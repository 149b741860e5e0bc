import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SinkRules } from '../../../state/environments/watcher-section.js';
import { ManualClock } from '../../manual-clock.js';
import { eventuallyTrue } from '../../eventually.js';
import { judge, postTo, restOf } from '../../../watcher/sinks/webhook.js';
import { Receiver } from './receiver.js';

const NOW = Date.UTC(2026, 0, 1);
const announcement = { id: 'abc123', environment: 'e', service: 'web', did: 'notify' };

describe('what a receiver answers', () => {
  const rows: readonly (readonly [number, string])[] = [
    [200, 'acknowledged'],
    [202, 'acknowledged'],
    [204, 'acknowledged'],
    [301, 'away'],
    [400, 'its fault'],
    [404, 'its fault'],
    [410, 'over'],
    [429, 'away'],
    [500, 'away'],
    [503, 'away'],
  ];
  for (const [status, meaning] of rows)
    it(`by ${status} means: ${meaning}`, () => {
      const attempt = judge(status, undefined);
      const found =
        attempt.kind === 'acknowledged'
          ? attempt.kind
          : attempt.isOver
            ? 'over'
            : attempt.isAway
              ? 'away'
              : 'its fault';
      assert.equal(found, meaning);
    });

  for (const [text, ms] of [
    [undefined, undefined],
    ['7', 7_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['99999999', 3_600_000],
    ['soon', undefined],
  ] as const)
    it(`by Retry-After ${text} asks to be left alone for ${ms} ms`, () => {
      assert.equal(restOf(text, NOW), ms);
    });
});

describe('a webhook', () => {
  let receiver: Receiver;
  let directory: string;
  const clock = new ManualClock();
  const never = new AbortController().signal;
  const sink = (more: { readonly secretFile?: string } = {}): Extract<SinkRules, { kind: 'webhook' }> => ({
    name: 'chat',
    kind: 'webhook',
    url: receiver.url,
    timeout: 10_000,
    tries: 3,
    giveUp: 1_000,
    ...more,
  });

  beforeEach(async () => {
    receiver = await Receiver.start();
    directory = await mkdtemp(join(tmpdir(), 'ensemble-webhook-'));
  });
  afterEach(async () => {
    await receiver.down();
    await rm(directory, { recursive: true });
  });

  it('gets the announcement by POST, signed, with its id', async () => {
    const secretFile = join(directory, 'secret');
    await writeFile(secretFile, 'a long secret\n', { mode: 0o600 });
    assert.deepEqual(await postTo(sink({ secretFile }), announcement, clock, never), {
      kind: 'acknowledged',
    });
    const [got] = receiver.received;
    assert.equal(got?.method, 'POST');
    assert.deepEqual(JSON.parse(got?.body ?? ''), announcement);
    assert.equal(got?.headers['idempotency-key'], 'abc123');
    assert.equal(got?.headers['content-type'], 'application/json');
    const signature = createHmac('sha256', 'a long secret')
      .update(got?.body ?? '')
      .digest('hex');
    assert.equal(got?.headers['x-ensemble-signature-256'], `sha256=${signature}`);
  });

  it('gets nothing where its secret may be read by others, and nobody sees the secret', async () => {
    const secretFile = join(directory, 'secret');
    await writeFile(secretFile, 'a long secret\n', { mode: 0o644 });
    const attempt = await postTo(sink({ secretFile }), announcement, clock, never);
    assert.ok(attempt.kind === 'failed');
    assert.match(attempt.reason, /may be read by others than its owner; close it with: chmod 600 /);
    assert.doesNotMatch(attempt.reason, /a long secret/);
    assert.equal(receiver.received.length, 0);
  });

  it('that hangs is given up in its time', async () => {
    receiver.answer = () => undefined;
    const attempt = postTo(sink(), announcement, clock, never);
    await eventuallyTrue('it was asked', () => receiver.received.length === 1);
    clock.advance(10_000);
    assert.deepEqual(await attempt, { kind: 'failed', reason: 'it takes too long to answer', isAway: true });
  });

  it('that acknowledges and then talks without end has acknowledged', async () => {
    receiver.answer = (answer) => {
      answer.writeHead(200);
      answer.write('x'.repeat(100_000));
    };
    assert.deepEqual(await postTo(sink(), announcement, clock, never), { kind: 'acknowledged' });
  });

  it('that is down is away', async () => {
    const rules = sink();
    await receiver.down();
    assert.deepEqual(await postTo(rules, announcement, clock, never), {
      kind: 'failed',
      reason: 'nothing listens there',
      isAway: true,
    });
    await receiver.up();
  });

  it('that redirects is followed nowhere', async () => {
    receiver.answer = (answer) => answer.writeHead(307, { location: `${receiver.url}/other` }).end();
    const attempt = await postTo(sink(), announcement, clock, never);
    assert.ok(attempt.kind === 'failed' && attempt.isAway);
    assert.match(attempt.reason, /redirects/);
    assert.equal(receiver.received.length, 1);
  });

  it('that asks to be left alone is, for as long as it asks', async () => {
    receiver.answer = (answer) => answer.writeHead(503, { 'retry-after': '120' }).end();
    const attempt = await postTo(sink(), announcement, clock, never);
    assert.deepEqual(attempt, {
      kind: 'failed',
      reason: 'it answers 503',
      isAway: true,
      retryAfter: 120_000,
    });
  });
});
