import { createHash } from 'node:crypto';
import type { GitLocation } from '../../state/formula/repositories/git-location.js';
import { gitLimits, runGit } from '../../state/formula/repositories/git-process.js';
import { type Location, parseLocation } from '../../state/formula/repositories/location.js';
import { parseS3Url } from '../../state/storage/s3-url.js';
import { EnsembleError } from '../../state/platform/errors.js';

/** Milliseconds that git may take to say with which credential it asks. */
const LIMITS = { wall: 10_000, silence: 10_000 } as const;

/** Whose quota a poll is counted on. */
export interface Credential {
  /** Tells no secret; undefined for what has no quota. */
  readonly quota: string | undefined;
  /** False where whoever has the credential did not answer: asked again, it may be another one. */
  readonly isSure: boolean;
}

/** The host that a repository is at; undefined for what has no quota. */
export function hostOf(location: string): string | undefined {
  const parsed = understood(location);
  if (parsed === undefined || parsed.kind === 'directory') return undefined;
  const url =
    parsed.kind === 'git' ? parsed.remote : parsed.kind === 'bucket' ? serverOf(parsed.url) : parsed.url;
  return URL.canParse(url) ? new URL(url).host || undefined : undefined;
}

/** Buckets are of the server that is asked for them. */
function serverOf(bucket: string): string {
  const { endpoint, region = '' } = parseS3Url(bucket);
  return endpoint ?? `https://s3.${region}.amazonaws.com`;
}

/**
 * Whose quota a poll is counted on, in a form that tells no secret: two repositories of one host that are asked with one
 * token share it, and with two tokens they do not. It is by the access key for buckets, by the user for ssh, and by what git's
 * credential helpers and settings have for http. An index on a web server is asked by nobody in particular: all that is asked
 * of a host so counts together, and so it does where git has no credential.
 */
export async function credentialOf(location: string): Promise<Credential> {
  const host = hostOf(location);
  const parsed = understood(location);
  if (host === undefined || parsed === undefined) return { quota: host, isSure: true };
  if (parsed.kind === 'bucket') {
    // Few watchers need the SDK.
    const { accessKeyOf } = await import('../../state/storage/s3-client.js');
    const key = await accessKeyOf(parseS3Url(parsed.url));
    return { quota: digestOf(host, key ?? ''), isSure: key !== undefined };
  }
  if (parsed.kind !== 'git') return { quota: host, isSure: true };
  if (!parsed.protocol.startsWith('http')) {
    const { username: user } = new URL(parsed.remote);
    return { quota: user === '' ? host : digestOf(host, user), isSure: true };
  }
  const { protocol, username, pathname } = new URL(parsed.remote);
  const asked = [
    `protocol=${protocol.replace(':', '')}`,
    `host=${host}`,
    `path=${pathname.slice(1)}`,
    ...(username === '' ? [] : [`username=${username}`]),
  ];
  const [filled, header] = await Promise.all([
    said(parsed, ['credential', 'fill'], `${asked.join('\n')}\n\n`),
    said(parsed, ['config', '--get-urlmatch', 'http.extraHeader', parsed.remote]),
  ]);
  // What else is said of it, such as when it ends, is another one each time.
  const own = (filled ?? '').split('\n').filter((line) => /^(username|password)=/.test(line));
  const isSure = filled !== undefined && header !== undefined;
  if (own.length === 0 && (header ?? '') === '') return { quota: host, isSure };
  return { quota: digestOf(host, ...own, header ?? ''), isSure };
}

function digestOf(...words: readonly string[]): string {
  return createHash('sha256').update(words.join('\n')).digest('hex');
}

/** What git on this machine says; empty where it knows nothing, undefined where it did not answer or could not be started. */
async function said(
  location: GitLocation,
  words: readonly string[],
  input = '',
): Promise<string | undefined> {
  const limits = { ...gitLimits, ...LIMITS };
  const began = limits.clock.monotonic();
  try {
    return (await runGit({ location, arguments: words, input, limits })).toString('utf8');
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    const isOver = limits.clock.monotonic() - began >= limits.silence;
    return isOver || error.cause !== undefined ? undefined : '';
  }
}

/** What is no place is asked all the same, and then says what is wrong with it. */
function understood(location: string): Location | undefined {
  try {
    return parseLocation(location);
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    return undefined;
  }
}
