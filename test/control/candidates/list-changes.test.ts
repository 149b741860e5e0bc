import assert from 'node:assert/strict';
import type { Forge, ForgeAnswer, KnownPages } from '../../../control/candidates/forges/forge.js';
import { limitedUntil } from '../../../control/candidates/forges/limits.js';
import { listChanges } from '../../../control/candidates/forges/list-changes.js';
import { forgeRequest } from '../../../control/candidates/forges/request.js';
import { ManualClock } from '../../manual-clock.js';
import { ForgeServer } from '../../servers/forge-server.js';
import { WebServer } from '../../servers/web-server.js';

const sha = (digit: string): string => digit.repeat(40);

for (const kind of ['github', 'gitlab'] as const)
  describe(`the open changes at ${kind}`, () => {
    const clock = new ManualClock();
    let server: ForgeServer;
    let path: string;
    beforeEach(async () => {
      server = await ForgeServer.start(kind);
      path = kind === 'github' ? 'owner/name' : 'group/sub/name';
      server.repositories.set(path, [
        { number: 22, sha: sha('a'), title: 'Faster', body: 'Depends on:\n- #21' },
        { number: 21, sha: sha('b') },
      ]);
    });
    afterEach(() => server.stop());

    const ask = (known: KnownPages = {}, forge: Partial<Forge> = {}): Promise<ForgeAnswer> =>
      listChanges({ kind, host: 'forge.example', api: server.api, ...forge }, path, known, {
        request: forgeRequest,
        clock,
      });
    const found = async (
      known: KnownPages = {},
      forge: Partial<Forge> = {},
    ): Promise<Extract<ForgeAnswer, { kind: 'found' }>> => {
      const answer = await ask(known, forge);
      assert.ok(answer.kind === 'found', JSON.stringify(answer));
      return answer;
    };
    const why = async (forge: Partial<Forge> = {}): Promise<string> => {
      const answer = await ask({}, forge);
      assert.ok(answer.kind === 'unknown', JSON.stringify(answer));
      return answer.why;
    };

    it('are read with their commits, and what stands is not sent again', async () => {
      const first = await found();
      assert.equal(first.whole, true);
      assert.deepEqual(
        first.changes.map((each) => [each.number, each.commit, each.title]),
        [
          [21, sha('b'), 'Change 21'],
          [22, sha('a'), 'Faster'],
        ],
      );
      assert.match(first.changes[1]?.ref ?? '', /^refs\/(pull|merge-requests)\/22\/head$/);
      assert.match(first.changes[1]?.description ?? '', /#21/);
      assert.deepEqual(server.answered, [200]);
      const second = await found(first.pages);
      assert.deepEqual(second.changes, first.changes);
      assert.deepEqual(server.answered, [200, 304]);
      server.repositories.set(path, []);
      assert.deepEqual((await found(second.pages)).changes, []);
    });

    it('are read over all pages, and again where one changed meanwhile', async () => {
      server.perPage = 2;
      const changes = Array.from({ length: 5 }, (_, index) => ({ number: index + 1, sha: sha('c') }));
      server.repositories.set(path, changes);
      const first = await found();
      assert.deepEqual(
        first.changes.map(({ number }) => number),
        [1, 2, 3, 4, 5],
      );
      assert.deepEqual(server.answered, [200, 200, 200, 304, 304, 304]);
      server.answered.length = 0;
      await found(first.pages);
      assert.deepEqual(server.answered, [304, 304, 304]);
      let isClosed = false;
      server.between = (page) => {
        // The first closes after its page was read: 3 slips onto that.
        if (page !== 2 || isClosed) return;
        isClosed = true;
        server.repositories.set(path, changes.slice(1));
      };
      const second = await found({});
      assert.deepEqual(
        second.changes.map(({ number }) => number),
        [2, 3, 4, 5],
        'none is missed',
      );
      assert.equal(second.whole, true);
    });

    it('are not believed to be all where they change all the time', async () => {
      server.perPage = 1;
      const changes = Array.from({ length: 30 }, (_, index) => ({ number: index + 1, sha: sha('c') }));
      server.repositories.set(path, changes);
      assert.equal((await found()).whole, false, 'too many pages');
      server.perPage = 10;
      let turn = 0;
      server.between = () => {
        turn += 1;
        server.repositories.set(
          path,
          changes.map((each) => ({ ...each, title: `Turn ${turn}` })),
        );
      };
      const answer = await found();
      assert.equal(answer.whole, false);
      assert.equal(answer.changes.length, 30);
    });

    it('are unknown, and not none, where the forge is asked too often', async () => {
      const { pages } = await found();
      server.remaining = 0;
      server.reset = Math.floor(clock.now() / 1_000) + 30;
      assert.equal((await found(pages)).changes.length, 2, 'what stands does not count');
      server.repositories.set(path, []);
      const answer = await ask(pages);
      assert.ok(answer.kind === 'limited', JSON.stringify(answer));
      assert.equal(answer.until, clock.now() + 30_000);
      assert.match(
        answer.why,
        /forge\.example is asked too often without a token; it answers again at 2026-/,
      );
    });

    it('are asked for with the token, which goes nowhere else and stands in no message', async () => {
      server.token = 'hush-hush';
      await found({}, { token: 'hush-hush' });
      assert.equal(server.web.asked.at(-1)?.headers.authorization, 'Bearer hush-hush');
      const wrong = await why({ token: 'wrong-hush' });
      assert.match(wrong, /refuses the token \(401\)/);
      const other = await WebServer.start((_request, response) => void response.writeHead(200).end('[]'));
      try {
        for (const headers of [
          { location: `${other.url}elsewhere` },
          { link: `<${other.url}elsewhere>; rel="next"` },
        ]) {
          server.web.answering = (_request, response) =>
            void response.writeHead('link' in headers ? 200 : 302, headers).end('[]');
          const said = await why({ token: 'hush-hush' });
          assert.match(said, /another place, which is not followed/);
          assert.doesNotMatch(said, /hush/);
        }
        assert.deepEqual(other.asked, []);
      } finally {
        await other.stop();
      }
    });

    it('are unknown where the answer is another one', async () => {
      const rows: readonly (readonly [status: number, body: string, said: RegExp])[] = [
        [500, '', /it answers 500/],
        [403, '{"message":"Forbidden"}', /refuses access/],
        [200, '<html>', /no list/],
        [200, '{}', /no list/],
        [200, '[{"number":1,"iid":1}]', /no list/],
        [304, '', /it answers 304/],
      ];
      for (const [status, body, said] of rows) {
        server.web.answering = (_request, response) => void response.writeHead(status).end(body);
        assert.match(await why(), said, `${status} ${body}`);
      }
      server.web.answering = (_request, response) => void response.destroy();
      assert.match(await why(), /the connection to it broke/);
      path = 'nothing';
      assert.match(await why(), /is no repository of forge\.example/);
    });
  });

describe('the limit of a forge', () => {
  const now = Date.UTC(2026, 0, 1);
  const rows: readonly (readonly [
    what: string,
    status: number,
    headers: Record<string, string>,
    body: string,
    seconds: number | undefined,
  ])[] = [
    ['an answer', 200, { 'x-ratelimit-remaining': '0' }, '', undefined],
    ['access refused', 403, { 'x-ratelimit-remaining': '12' }, 'no', undefined],
    [
      'the count is used up',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 + 90) },
      '',
      90,
    ],
    [
      'and told by 429',
      429,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 + 90) },
      '',
      90,
    ],
    [
      'Retry-After counts first',
      429,
      { 'retry-after': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 + 90) },
      '',
      5,
    ],
    ['as a date', 403, { 'retry-after': new Date(now + 7_000).toUTCString() }, '', 7],
    ['GitLab', 429, { 'ratelimit-remaining': '0', 'ratelimit-reset': String(now / 1_000 + 9) }, '', 9],
    ['no word of when', 429, {}, '', 60],
    ['only in words', 403, {}, 'You have exceeded a secondary rate limit.', 60],
    [
      'a moment that is over',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 - 90) },
      '',
      1,
    ],
    ['a clock that is wrong', 403, { 'retry-after': '99999999' }, '', 7_200],
  ];
  for (const [what, status, headers, body, seconds] of rows)
    it(what, () => {
      const until = limitedUntil({ status, header: (name) => headers[name], body }, now);
      assert.equal(until, seconds === undefined ? undefined : now + seconds * 1_000);
    });
});
