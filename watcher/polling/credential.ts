import { createHash } from 'node:crypto';
import type { GitLocation } from '../../state/formula/repositories/git-location.js';
import { gitLimits, runGit } from '../../state/formula/repositories/git-process.js';
import { type Location, parseLocation } from '../../state/formula/repositories/location.js';
import { EnsembleError } from '../../state/platform/errors.js';

/** Milliseconds that git may take to say with which credential it asks. */
const LIMITS = { wall: 10_000, silence: 10_000 } as const;

/** The host that a repository is at; undefined for what has no quota. */
export function hostOf(location: string): string | undefined {
  const parsed = understood(location);
  if (parsed === undefined || parsed.kind === 'directory') return undefined;
  const url = parsed.kind === 'git' ? parsed.remote : parsed.url;
  return URL.canParse(url) ? new URL(url).host || undefined : undefined;
}

/**
 * Whose quota a poll is counted on, in a form that tells no secret: two repositories of one host that are asked with one
 * token share it, and with two tokens they do not. Git alone has several for a host, by its credential helpers and settings;
 * elsewhere, and where git has none, all that is asked of a host counts together.
 * @returns undefined for what has no quota
 */
export async function credentialOf(location: string): Promise<string | undefined> {
  const host = hostOf(location);
  const parsed = understood(location);
  if (host === undefined || parsed?.kind !== 'git' || !parsed.protocol.startsWith('http')) return host;
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
  const own = filled.split('\n').filter((line) => /^(username|password)=/.test(line));
  if (own.length === 0 && header === '') return host;
  return createHash('sha256')
    .update([host, ...own, header].join('\n'))
    .digest('hex');
}

/** What git on this machine says; empty where it knows nothing. */
async function said(location: GitLocation, words: readonly string[], input = ''): Promise<string> {
  try {
    const limits = { ...gitLimits, ...LIMITS };
    return (await runGit({ location, arguments: words, input, limits })).toString('utf8');
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    return '';
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
