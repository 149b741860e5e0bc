import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { systemClock } from '../../platform/clock.js';
import { shellWord } from '../../platform/shell-word.js';
import { retryAfterOf } from '../../platform/retry-after.js';
import { RepositoryUnavailable } from '../errors.js';
import { httpReason } from './http-reason.js';

/** How long and how much is waited for, in milliseconds and bytes. */
interface HttpLimits {
  /** Without a byte. */
  readonly silence: number;
  /** In all. */
  readonly wall: number;
  /** The most bytes of the answer, unpacked. */
  readonly most: number;
}

/** A request, and the repository that it is for. */
interface HttpRequest {
  /** For messages. */
  readonly repository: string;
  readonly url: string;
  /** Aborted when it has to end at once. */
  readonly signal?: AbortSignal | undefined;
  /** The tag of an answer that is known already. */
  readonly etag?: string | undefined;
  /** Whether the answer may be compressed on its way. */
  readonly compressed: boolean;
  readonly limits: HttpLimits;
}

/** The result. */
type HttpAnswer =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'found';
      /** Where it was found in the end. */
      readonly url: string;
      readonly etag: string | undefined;
      readonly type: string;
      readonly body: AsyncIterable<Uint8Array>;
    };

const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Asks by GET, through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, and hands the answer to `use`. What
 * follows is never asked of a less safe protocol than what led there.
 * @throws RepositoryUnavailable, whatever `use` throws
 */
export async function httpGet<T>(request: HttpRequest, use: (answer: HttpAnswer) => Promise<T>): Promise<T> {
  // Loaded here, as few commands need it and it takes a while.
  const { EnvHttpProxyAgent } = await import('undici');
  const { limits, repository } = request;
  const dispatcher = new EnvHttpProxyAgent({
    headersTimeout: limits.silence,
    bodyTimeout: limits.silence,
    connect: { timeout: limits.silence },
  });
  const timeout = AbortSignal.timeout(limits.wall);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  try {
    return await use(await follow(request, dispatcher, signal));
  } catch (error) {
    throw httpFault(repository, error, signal);
  } finally {
    await dispatcher.destroy();
  }
}

async function follow(
  request: HttpRequest,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let url = new URL(request.url);
  for (let step = 0; step <= MOST_REDIRECTS; step += 1) {
    const answer = await ask(request, url, dispatcher, signal);
    if (!REDIRECTS.includes(answer.statusCode)) return read(request, url, answer);
    answer.body.destroy();
    url = redirected(request, url, header(answer, 'location'));
  }
  throw unavailable(request, `it redirects more than ${MOST_REDIRECTS} times`, lookAt(request.url));
}

async function ask(
  { compressed, etag }: HttpRequest,
  url: URL,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { request } = await import('undici');
  const answer = await request(url, {
    dispatcher,
    signal,
    headers: {
      'user-agent': 'ensemble',
      'accept-encoding': compressed ? 'gzip' : 'identity',
      ...(etag !== undefined && { 'if-none-match': etag }),
    },
  });
  // A body that nobody reads may break all the same.
  answer.body.on('error', () => undefined);
  return answer;
}

function redirected(request: HttpRequest, from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href))
    throw unavailable(request, 'it redirects to nowhere', lookAt(from.href));
  const to = new URL(location, from.href);
  if (to.protocol !== 'https:' && to.protocol !== from.protocol)
    throw unavailable(
      request,
      `it redirects from ${from.protocol} to ${to.protocol}, which is not followed`,
      lookAt(from.href),
    );
  return to;
}

function read(request: HttpRequest, url: URL, answer: Dispatcher.ResponseData): HttpAnswer {
  const { statusCode } = answer;
  if (statusCode === 200) {
    const length = Number(header(answer, 'content-length') ?? 0);
    if (length > request.limits.most) {
      answer.body.destroy();
      throw tooLarge(request);
    }
    return {
      kind: 'found',
      url: url.href,
      etag: header(answer, 'etag'),
      type: header(answer, 'content-type') ?? 'no type',
      body: capped(request, unpacked(request, answer)),
    };
  }
  answer.body.destroy();
  if (statusCode === 304 && request.etag !== undefined) return { kind: 'unchanged' };
  if (statusCode === 404 || statusCode === 410) return { kind: 'missing' };
  throw refusal(
    request,
    statusCode,
    retryAfterOf(header(answer, 'retry-after'), systemClock.now()),
    isRateLimit(statusCode, answer),
  );
}

function unpacked(request: HttpRequest, answer: Dispatcher.ResponseData): Readable {
  const encoding = header(answer, 'content-encoding')?.toLowerCase() ?? 'identity';
  // The bytes of a bundle count as they are stored, even if the server believes something else about them.
  if (!request.compressed || encoding === 'identity') return answer.body;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    answer.body.destroy();
    throw unavailable(request, `it answers in the encoding ${encoding}, which was not asked for`);
  }
  const gunzip = createGunzip();
  answer.body.on('error', (error) => gunzip.destroy(error));
  return answer.body.pipe(gunzip);
}

async function* capped(request: HttpRequest, body: Readable): AsyncIterable<Uint8Array> {
  let length = 0;
  for await (const piece of body) {
    const bytes: Uint8Array = piece;
    length += bytes.length;
    if (length > request.limits.most) throw tooLarge(request);
    yield bytes;
  }
}

function refusal(
  request: HttpRequest,
  status: number,
  retryAfter: number | undefined,
  rateLimited: boolean,
): RepositoryUnavailable {
  const said =
    rateLimited && status !== 429
      ? `it was asked too often (${status})`
      : status === 401 || status === 403
        ? `it refuses access (${status})`
        : `it answers ${status}`;
  const isRefused = !rateLimited && [401, 403, 407].includes(status);
  const span = retryAfter === undefined ? '' : spanOf(retryAfter);
  const asked = span === '' ? '' : `, and asks to be left alone for ${span}`;
  return new RepositoryUnavailable({
    repository: request.repository,
    reason: `${said}${asked}`,
    ...(rateLimited && { rateLimited }),
    ...(isRefused && { next: lookAt(request.url) }),
    ...(retryAfter !== undefined && { next: `the same command again, in ${span}`, retryAfter }),
  });
}

/** Seconds as people read them. */
function spanOf(seconds: number): string {
  if (seconds < 600) return `${seconds} s`;
  return seconds < 172_800 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 86_400)} days`;
}

/** Some answer that nobody may ask, and say by a header that it is for a while only. */
function isRateLimit(status: number, answer: Dispatcher.ResponseData): boolean {
  return status === 429 || (status === 403 && header(answer, 'x-ratelimit-remaining') === '0');
}

function header(answer: Dispatcher.ResponseData, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function tooLarge(request: HttpRequest): RepositoryUnavailable {
  return unavailable(request, `${request.url} has more than ${request.limits.most} bytes`);
}

function unavailable({ repository }: HttpRequest, reason: string, next?: string): RepositoryUnavailable {
  return new RepositoryUnavailable({ repository, reason, ...(next !== undefined && { next }) });
}

/** The same command again would come to the same. */
function lookAt(url: string): string {
  return `check the URL, and what its server answers, as with \`curl -sIL ${shellWord(url)}\``;
}

function httpFault(repository: string, error: unknown, signal: AbortSignal): unknown {
  const reason = httpReason(error, signal.aborted);
  if (reason === undefined) return error;
  return new RepositoryUnavailable({ repository, reason }, { cause: error });
}
