import { createHmac } from 'node:crypto';
import type { SinkRules } from '../../state/environments/watcher-section.js';
import { readSecret } from '../../state/environments/watcher-section.js';
import { httpReason } from '../../state/formula/repositories/http-reason.js';
import type { StoredAnnouncement } from '../../state/model/watcher-delivery.js';
import type { Clock } from '../../state/platform/clock.js';
import { ensembleVersion } from '../../state/version.js';
import { acknowledged, type Attempt, failed } from './sink.js';

type Webhook = Extract<SinkRules, { kind: 'webhook' }>;

/** Header of the signature: `sha256=` and the HMAC-SHA256 of the body, in hexadecimal, as GitHub writes its own. */
export const SIGNATURE = 'x-ensemble-signature-256';

/** Milliseconds for which a receiver may ask to be left alone. */
const LONGEST_REST = 3_600_000;

/** Statuses that tell of the receiver as a whole, and not of what it was sent. */
const AWAY: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/**
 * Sends an announcement by POST, signed. Any 2xx acknowledges it; the header `Idempotency-Key` is its fingerprint, the
 * same each time that it is sent, by which a receiver tells one that it has. Redirects are not followed: what was signed
 * for one receiver goes to no other.
 */
export async function postTo(
  { url, secretFile, timeout }: Webhook,
  announcement: StoredAnnouncement,
  clock: Clock,
  signal: AbortSignal,
): Promise<Attempt> {
  const body = JSON.stringify(announcement);
  const read = secretFile === undefined ? undefined : readSecret(secretFile);
  if (read !== undefined && 'reason' in read) return failed(read.reason, true);
  const late = new AbortController();
  const timer = clock.after(timeout, () => late.abort());
  // Loaded here, since it takes a while.
  const { EnvHttpProxyAgent, request } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const answer = await request(url, {
      method: 'POST',
      dispatcher,
      signal: AbortSignal.any([late.signal, signal]),
      headers: {
        'content-type': 'application/json',
        'user-agent': `ensemble-watcher/${ensembleVersion()}`,
        'idempotency-key': announcement.id,
        ...(read !== undefined && { [SIGNATURE]: signatureOf(body, read.secret) }),
      },
      body,
    });
    answer.body.on('error', () => undefined);
    // What it says is of no use, and may have no end.
    answer.body.destroy();
    const after = answer.headers['retry-after'];
    return judge(answer.statusCode, restOf(typeof after === 'string' ? after : undefined, clock.now()));
  } catch (error) {
    return failed(httpReason(error, late.signal.aborted) ?? (error as Error).message, true);
  } finally {
    timer.cancel();
    await dispatcher.destroy();
  }
}

/** As the header has it. */
export function signatureOf(body: string | Uint8Array, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** What a receiver's answer means. @param rest milliseconds for which it asks to be left alone */
export function judge(status: number, rest: number | undefined): Attempt {
  if (status >= 200 && status < 300) return acknowledged;
  const reason = `it answers ${status}`;
  if (status === 410)
    return { kind: 'failed', reason: `${reason}: it wants no more of it`, isAway: false, isOver: true };
  if (status >= 300 && status < 400)
    return failed(`${reason}: it redirects, which is not followed; give its new URL`, true);
  return failed(reason, AWAY.includes(status), rest === undefined ? {} : { retryAfter: rest });
}

/** Milliseconds of a `Retry-After`: seconds, or a date. @param now milliseconds since 1970 */
export function restOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_REST);
}
