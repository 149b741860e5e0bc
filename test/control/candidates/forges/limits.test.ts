import assert from 'node:assert/strict';

import { limitedUntil } from '../../../../control/candidates/forges/limits.js';

const now = Date.UTC(2026, 0, 1);

describe('until when a forge is not asked', () => {
  const rows: readonly (readonly [
    says: string,
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
    seconds: number | undefined,
  ])[] = [
    ['it answered', 200, { 'retry-after': '5' }, '', undefined],
    ['it has nothing there', 404, {}, 'rate limit', undefined],
    ['it refuses', 403, {}, 'no access', undefined],
    ['it says for how long', 429, { 'retry-after': '30' }, '', 30],
    ['it refuses and says for how long', 403, { 'retry-after': '30' }, '', 30],
    ['it says a date', 429, { 'retry-after': 'Thu, 01 Jan 2026 00:02:00 GMT' }, '', 120],
    ['it says a moment that is over', 429, { 'retry-after': '0' }, '', 1],
    ['it says a time beyond reason', 429, { 'retry-after': '999999' }, '', 7_200],
    ['it says what cannot be read', 429, { 'retry-after': 'soon' }, '', 60],
    [
      'its count begins anew',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 + 90) },
      '',
      90,
    ],
    [
      'its count begins anew, as GitLab says it',
      429,
      { 'ratelimit-remaining': '0', 'ratelimit-reset': String(now / 1_000 + 45) },
      '',
      45,
    ],
    [
      'its count is not used up',
      403,
      { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': String(now / 1_000 + 90) },
      '',
      undefined,
    ],
    ['nothing is left, and nobody knows until when', 403, { 'x-ratelimit-remaining': '0' }, '', 60],
    ['it says so in words', 403, {}, 'You have exceeded a secondary rate limit.', 60],
    ['it says no more', 429, {}, '', 60],
  ];
  for (const [says, status, headers, body, seconds] of rows)
    it(`is ${seconds === undefined ? 'not limited' : `${seconds} s from now`} where ${says}`, () => {
      const until = limitedUntil({ status, body, header: (name: string) => headers[name] }, now);
      assert.equal(until, seconds === undefined ? undefined : now + seconds * 1_000);
    });
});
