import assert from 'node:assert/strict';

import { networkReason } from '../../../state/storage/network-reason.js';
import type { S3Location } from '../../../state/storage/s3-url.js';

const aws: S3Location = { url: 's3://b', bucket: 'b', prefix: '', pathStyle: false } as S3Location;
const own: S3Location = { ...aws, endpoint: 'https://s3.example' };
const coded = (code: string, message = 'no'): Error => Object.assign(new Error(message), { code });
const named = (name: string, code = ''): Error => Object.assign(coded(code), { name });

describe('why no answer came from an S3 server', () => {
  const rows: readonly (readonly [error: Error, location: S3Location, reason: string])[] = [
    [coded('ECONNREFUSED'), own, 'nothing listens at https://s3.example'],
    [coded('ECONNREFUSED'), aws, 'nothing listens at the S3 server'],
    [coded('ECONNRESET'), own, 'the connection to https://s3.example broke'],
    [named('TimeoutError'), own, 'https://s3.example does not answer'],
    [named('TimeoutError', 'EPIPE'), own, 'the connection to https://s3.example broke'],
    [named('AbortError'), own, 'the request was given up'],
    [coded('ETIMEDOUT'), aws, 'the S3 server does not answer'],
    [coded('ENETUNREACH'), own, 'there is no route to https://s3.example'],
    [coded('EPROTO'), own, 'https://s3.example does not speak TLS; an http:// endpoint may be meant'],
    [coded('HPE_INVALID_CONSTANT'), own, 'https://s3.example does not speak HTTP'],
    [
      coded('CERT_HAS_EXPIRED', 'it is over'),
      own,
      'the certificate of https://s3.example is not trusted: it is over',
    ],
    [coded('ENOTFOUND'), aws, 'the host name of the S3 server is not known'],
    [coded('EAI_AGAIN'), { ...own, pathStyle: true }, 'the host name of https://s3.example is not known'],
    [coded('ENOTFOUND'), own, 'the host name of the bucket b at https://s3.example is not known'],
    [coded('EWHATEVER', 'as it says'), own, 'as it says'],
    [new AggregateError([coded('ECONNREFUSED')]), own, 'nothing listens at https://s3.example'],
    [new Error('outer', { cause: coded('EPIPE') }), own, 'the connection to https://s3.example broke'],
  ];
  for (const [error, location, reason] of rows)
    it(`is, of ${error.name} ${'code' in error ? error.code : ''}: ${reason}`, () =>
      assert.equal(networkReason(error, location).reason, reason));

  it('comes with the setting that helps where the bucket is part of the host name', () => {
    assert.match(networkReason(coded('ENOTFOUND'), own).next ?? '', /pathStyle=true/);
    assert.equal(networkReason(coded('ENOTFOUND'), aws).next, undefined);
  });
});
