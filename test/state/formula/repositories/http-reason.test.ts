import assert from 'node:assert/strict';

import { httpReason } from '../../../../state/formula/repositories/http-reason.js';
import { RepositoryUnavailable } from '../../../../state/formula/errors.js';

const coded = (code: string, message = 'no'): Error => Object.assign(new Error(message), { code });

describe('why a server of formulas gave no whole answer', () => {
  const rows: readonly (readonly [error: unknown, isLate: boolean, reason: string | undefined])[] = [
    [coded('ECONNREFUSED'), false, 'nothing listens there'],
    [coded('ECONNREFUSED'), true, 'it takes too long to answer'],
    [coded('UND_ERR_HEADERS_TIMEOUT'), false, 'it does not answer'],
    [coded('UND_ERR_SOCKET'), false, 'the connection to it broke'],
    [coded('ENOTFOUND'), false, 'the name of its host is not known'],
    [coded('EHOSTUNREACH'), false, 'there is no route to it'],
    [coded('EPROTO'), false, 'it does not speak TLS; http: may be meant'],
    [coded('Z_DATA_ERROR'), false, 'its answer is damaged: it cannot be unpacked'],
    [coded('HPE_INVALID_HEADER', 'a bad header'), false, 'it does not speak HTTP as it should: a bad header'],
    [coded('UND_ERR_OTHER', 'odd'), false, 'it does not speak HTTP as it should: odd'],
    [
      coded('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'),
      false,
      'its certificate is not trusted: self-signed',
    ],
    [coded('EWHATEVER', 'as it says'), false, 'as it says'],
    [new Error('no code'), false, undefined],
    [new TypeError('fetch failed', { cause: coded('ECONNRESET') }), false, 'the connection to it broke'],
    [new AggregateError([coded('ECONNREFUSED')]), false, 'nothing listens there'],
    ['a text', false, undefined],
  ];
  for (const [error, isLate, reason] of rows)
    it(`is, of ${String(error)}${isLate ? ' when its time is over' : ''}: ${reason ?? 'not the network'}`, () =>
      assert.equal(httpReason(error, isLate), reason));

  it('is left to an error that has words of its own', () =>
    assert.equal(httpReason(new RepositoryUnavailable({ repository: 'x', reason: 'y' }), true), undefined));
});
