import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A request of a forge: its headers, and the bytes of its body as they came, which are what is signed. */
export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Milliseconds by which a signed request may be old, or ahead of this clock. */
const FRESH = 300_000;

/** True if GitHub signed it with the secret: `X-Hub-Signature-256: sha256=<HMAC of the body in hexadecimal>`. */
export function isOfGithub({ headers, body }: SignedRequest, secret: string): boolean {
  const said = one(headers['x-hub-signature-256']);
  return (
    said !== undefined && isSame(said, `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  );
}

/**
 * True if GitLab has the secret: it signed the request (`webhook-signature`, as Standard Webhooks has it, a signing token
 * `whsec_…`), or sends the secret itself (`X-Gitlab-Token`). One that has a signature is judged by that alone.
 * @param now milliseconds since 1970: what was signed long ago may be somebody else's copy
 */
export function isOfGitlab({ headers, body }: SignedRequest, secret: string, now: number): boolean {
  const signatures = one(headers['webhook-signature']);
  const isSigning = secret.startsWith(SIGNING);
  if (signatures === undefined) {
    const token = one(headers['x-gitlab-token']);
    return !isSigning && token !== undefined && isSame(token, secret);
  }
  const id = one(headers['webhook-id']) ?? '';
  const timestamp = one(headers['webhook-timestamp']) ?? '';
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1_000) > FRESH) return false;
  const key = isSigning ? Buffer.from(secret.slice(SIGNING.length), 'base64') : secret;
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  // Several, while a secret is being changed.
  return signatures.split(' ').filter((each) => isSame(each, `v1,${digest}`)).length > 0;
}

const SIGNING = 'whsec_';

/** Takes as long whatever the two have in common. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? undefined : header;
}
