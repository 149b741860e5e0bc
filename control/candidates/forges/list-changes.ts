import { httpReason } from '../../../state/formula/repositories/http-reason.js';
import { changesIn, listUrl } from './answers.js';
import type {
  Forge,
  ForgeAnswer,
  ForgeParts,
  ForgeResponse,
  KnownPage,
  KnownPages,
  OpenChange,
} from './forge.js';
import { limitedUntil } from './limits.js';

/** Pages that are read at most, of a hundred changes each. */
const MOST_PAGES = 20;

const MOST_REDIRECTS = 3;

/**
 * A change that closes while the pages are read takes the others forward by one: one may slip from a page that is yet to
 * be read to one that was. So pages that are news are read again, which costs no more than asking whether they still stand.
 */
const MOST_WALKS = 3;

/**
 * Asks a forge for the open changes of a repository. A page that stands as it was is not sent again, and does not count
 * against the limit of the forge. Nothing is read as empty that was not answered.
 * @param path of the repository there: `owner/name`
 * @param known of the time before
 */
export async function listChanges(
  forge: Forge,
  path: string,
  known: KnownPages,
  parts: ForgeParts,
): Promise<ForgeAnswer> {
  const first = listUrl(forge, path);
  if (first === undefined) return { kind: 'unknown', why: `${path} is no repository of ${forge.host}` };
  let pages = known;
  for (let walks = 1; ; walks += 1) {
    const walked = await walk(forge, first, pages, parts);
    if (walked.kind !== 'walked') return walked;
    pages = walked.pages;
    const isSettled = !walked.isNews || Object.keys(pages).length === 1;
    if (!isSettled && walks < MOST_WALKS) continue;
    return { kind: 'found', changes: eachOnce(pages), whole: isSettled && walked.isWhole, pages };
  }
}

function eachOnce(pages: KnownPages): readonly OpenChange[] {
  const changes = new Map<number, OpenChange>();
  for (const page of Object.values(pages)) for (const each of page.changes) changes.set(each.number, each);
  return [...changes.values()].sort((a, b) => a.number - b.number);
}

type Walked =
  | Exclude<ForgeAnswer, { readonly kind: 'found' }>
  | {
      readonly kind: 'walked';
      readonly pages: KnownPages;
      readonly isNews: boolean;
      readonly isWhole: boolean;
    };

async function walk(forge: Forge, first: string, known: KnownPages, parts: ForgeParts): Promise<Walked> {
  const pages: Record<string, KnownPage> = {};
  let isNews = false;
  let url: string | undefined = first;
  while (url !== undefined) {
    if (Object.keys(pages).length >= MOST_PAGES) return { kind: 'walked', pages, isNews, isWhole: false };
    const asked = await askPage(forge, url, known[url], parts);
    if ('kind' in asked) return asked;
    isNews ||= asked.isNews;
    pages[url] = asked.page;
    const { next }: KnownPage = asked.page;
    url = next !== undefined && next in pages ? undefined : next;
  }
  return { kind: 'walked', pages, isNews, isWhole: true };
}

type AskedPage =
  | { readonly page: KnownPage; readonly isNews: boolean }
  | Exclude<ForgeAnswer, { readonly kind: 'found' }>;

async function askPage(
  forge: Forge,
  url: string,
  known: KnownPage | undefined,
  { request, clock }: ForgeParts,
): Promise<AskedPage> {
  let response: ForgeResponse;
  let where = url;
  try {
    response = await request(where, headersFor(forge, known?.etag));
    for (let steps = 0; steps < MOST_REDIRECTS && isRedirect(response); steps += 1) {
      const to = urlIn(response.header('location'), where);
      if (to === undefined || !isOfApi(forge, to))
        return unknown(forge, 'it redirects to another place, which is not followed');
      where = to;
      response = await request(where, headersFor(forge, known?.etag));
    }
  } catch (error) {
    const reason = httpReason(error, false);
    if (reason === undefined && !(error instanceof Error)) throw error;
    return unknown(forge, reason ?? 'it gives no answer');
  }
  const { status } = response;
  const until = limitedUntil(response, clock.now());
  if (until !== undefined) {
    const whose = forge.token === undefined ? 'without a token' : 'with its token';
    return {
      kind: 'limited',
      until,
      why: `${forge.host} is asked too often ${whose}; it answers again at ${new Date(until).toISOString()}`,
    };
  }
  if (status === 304 && known !== undefined) return { page: known, isNews: false };
  if (status === 401) return unknown(forge, 'it refuses the token (401)');
  if (status === 403) return unknown(forge, 'it refuses access (403)');
  if (status === 404)
    return unknown(forge, 'it has no such repository, or shows it to nobody without a token (404)');
  if (status !== 200) return unknown(forge, `it answers ${status}`);
  const changes = changesIn(forge.kind, response.body);
  if (changes === undefined) return unknown(forge, `what it answers is no list of ${forge.kind}'s changes`);
  const next = nextIn(response.header('link'), where);
  // A page elsewhere would be told the token, and could say anything.
  if (next !== undefined && !isOfApi(forge, next))
    return unknown(forge, 'its next page is at another place, which is not followed');
  return { page: { etag: response.header('etag'), next, changes }, isNews: true };
}

function unknown({ host }: Forge, reason: string): Extract<ForgeAnswer, { readonly kind: 'unknown' }> {
  return { kind: 'unknown', why: `${host} cannot be asked for open changes: ${reason}` };
}

function headersFor({ kind, token }: Forge, etag: string | undefined): Readonly<Record<string, string>> {
  return {
    'user-agent': 'ensemble',
    accept: kind === 'github' ? 'application/vnd.github+json' : 'application/json',
    ...(kind === 'github' && { 'x-github-api-version': '2022-11-28' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(etag !== undefined && { 'if-none-match': etag }),
  };
}

function isRedirect({ status }: ForgeResponse): boolean {
  return [301, 302, 307, 308].includes(status);
}

/** The URL behind `rel="next"` of a header `Link`. */
function nextIn(header: string | undefined, from: string): string | undefined {
  for (const [, url, rest = ''] of (header ?? '').matchAll(/<([^>]*)>([^<]*)/g))
    if (/;\s*rel="?(?:[^";]*\s)?next(?:\s[^";]*)?"?/.test(rest)) return urlIn(url, from);
  return undefined;
}

function urlIn(text: string | undefined, from: string): string | undefined {
  return text !== undefined && URL.canParse(text, from) ? new URL(text, from).href : undefined;
}

function isOfApi({ api }: Forge, url: string): boolean {
  return new URL(url).origin === new URL(api).origin;
}
