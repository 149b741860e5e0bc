import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { WebServer } from './web-server.js';

/** A change as a test opens it. */
export interface FakeChange {
  readonly number: number;
  readonly sha: string;
  readonly title?: string;
  readonly body?: string | null;
  readonly updatedAt?: string;
}

/**
 * A forge on the loopback that answers as GitHub's and GitLab's do: lists in pages, with `Link` and an ETag each; 304 for a
 * page that stands, which does not count; a limit by credential, told by 403 with `x-ratelimit-*` or by 429 with
 * `Retry-After`; 401 for a wrong token.
 */
export class ForgeServer {
  /** By `owner/name`. */
  readonly repositories = new Map<string, FakeChange[]>();
  perPage = 100;
  /** The one that is believed; without it, none is asked for. */
  token: string | undefined;
  /** Requests that are answered in full before the limit is told. */
  remaining = Number.POSITIVE_INFINITY;
  /** As `x-ratelimit-reset`, in seconds since the epoch. */
  reset = 0;
  /** Called before each page is answered: to change what is open meanwhile. */
  between: (page: number) => void = () => undefined;
  /** The statuses of the answers. */
  readonly answered: number[] = [];

  private constructor(
    readonly kind: 'github' | 'gitlab',
    readonly web: WebServer,
  ) {}

  static async start(kind: 'github' | 'gitlab'): Promise<ForgeServer> {
    const web = await WebServer.start(() => undefined);
    const server = new ForgeServer(kind, web);
    web.answering = (request, response) => server.#answer(request, response);
    return server;
  }

  get api(): string {
    return `http://127.0.0.1:${this.web.port}${this.kind === 'github' ? '' : '/api/v4'}`;
  }

  stop(): Promise<void> {
    return this.web.stop();
  }

  #answer(request: IncomingMessage, response: ServerResponse): undefined {
    const say = (status: number, headers: Record<string, string>, value?: unknown): undefined => {
      this.answered.push(status);
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== `Bearer ${this.token}`)
      return say(401, {}, { message: 'Bad credentials' });
    const url = new URL(request.url ?? '/', 'http://x');
    const page = Number(url.searchParams.get('page') ?? 1);
    this.between(page);
    const changes = this.repositories.get(this.#pathIn(url.pathname) ?? '');
    if (changes === undefined) return say(404, {}, { message: 'Not Found' });
    const shown = changes
      .toSorted((a, b) => a.number - b.number)
      .slice((page - 1) * this.perPage, page * this.perPage)
      .map((each) => this.#shape(each));
    const etag = `W/"${createHash('sha256').update(JSON.stringify(shown)).digest('hex')}"`;
    const link = this.#link(url, page, changes.length);
    if (request.headers['if-none-match'] === etag) return say(304, { etag });
    if (this.remaining <= 0) {
      if (this.kind === 'gitlab') return say(429, { 'retry-after': '30' }, { message: 'Retry later' });
      const limits = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(this.reset) };
      return say(403, limits, { message: 'API rate limit exceeded' });
    }
    this.remaining -= 1;
    return say(200, { etag, ...(link !== '' && { link }) }, shown);
  }

  #pathIn(path: string): string | undefined {
    const found =
      this.kind === 'github'
        ? /^\/repos\/([^/]+\/[^/]+)\/pulls$/.exec(path)
        : /^\/api\/v4\/projects\/([^/]+)\/merge_requests$/.exec(path);
    return found?.[1] === undefined ? undefined : decodeURIComponent(found[1]);
  }

  #link(url: URL, page: number, count: number): string {
    const last = Math.max(1, Math.ceil(count / this.perPage));
    const at = (to: number, rel: string): string => {
      const there = new URL(url.href.replace('http://x', `http://127.0.0.1:${this.web.port}`));
      there.searchParams.set('page', String(to));
      return `<${there.href}>; rel="${rel}"`;
    };
    return page < last ? [at(page + 1, 'next'), at(last, 'last')].join(', ') : '';
  }

  /** As their servers answered, with fields that nobody here asks for. */
  #shape({
    number,
    sha,
    title = `Change ${number}`,
    body = null,
    updatedAt = '2026-01-01T00:00:00Z',
  }: FakeChange): unknown {
    const id = 1_500_000_000 + number;
    if (this.kind === 'gitlab')
      return {
        id,
        iid: number,
        project_id: 278_964,
        title,
        description: body,
        state: 'opened',
        created_at: '2025-12-01T00:00:00.000Z',
        updated_at: updatedAt,
        target_branch: 'main',
        source_branch: `topic-${number}`,
        draft: false,
        sha,
        merge_status: 'unchecked',
        web_url: `https://gitlab.example/group/sub/name/-/merge_requests/${number}`,
      };
    return {
      id,
      node_id: `PR_kw${id}`,
      number,
      state: 'open',
      locked: false,
      title,
      body,
      html_url: `https://github.com/owner/name/pull/${number}`,
      user: { login: 'somebody', id: 1 },
      created_at: '2025-12-01T00:00:00Z',
      updated_at: updatedAt,
      draft: false,
      head: { label: `somebody:topic-${number}`, ref: `topic-${number}`, sha },
      base: { label: 'owner:main', ref: 'main', sha: 'b'.repeat(40) },
    };
  }
}
