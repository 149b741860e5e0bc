import assert from 'node:assert/strict';
import { s3Error } from '../../../state/storage/s3-errors.js';
import * as errors from '../../../state/storage/errors.js';
import { parseS3Url } from '../../../state/storage/s3-url.js';

const location = parseS3Url('s3://bucket/?region=eu-west-1');

interface Answer {
  readonly name?: string;
  readonly message?: string;
  readonly status?: number;
  readonly region?: string;
  readonly header?: string;
}

function thrown({ name = 'Error', message = '', status, region, header }: Answer): Error {
  return Object.assign(new Error(message), {
    name,
    ...(status !== undefined && { $metadata: { httpStatusCode: status } }),
    ...(region !== undefined && { Region: region }),
    ...(header !== undefined && { $response: { headers: { 'x-amz-bucket-region': header } } }),
  });
}

describe('an error of an S3 server becomes', () => {
  type Kind = new (...args: never[]) => Error;
  const rows: readonly (readonly [string, Answer, Kind, Readonly<Record<string, unknown>>?])[] = [
    ['a URL without a region', { message: 'Region is missing' }, errors.StorageUrlInvalid],
    [
      'missing credentials',
      { name: 'CredentialsProviderError', message: 'the login has expired' },
      errors.StorageCredentialsMissing,
      { reason: 'the login has expired' },
    ],
    ['a storage that is away, without an answer', { name: 'TimeoutError' }, errors.StorageUnreachable],
    [
      'a bucket elsewhere, by the name of the error',
      { name: 'PermanentRedirect', status: 301 },
      errors.BucketElsewhere,
      { region: 'eu-west-1', actual: undefined },
    ],
    [
      'a bucket elsewhere, by a header',
      { status: 400, header: 'us-east-1' },
      errors.BucketElsewhere,
      { actual: 'us-east-1' },
    ],
    [
      'a bucket elsewhere, by the body',
      { status: 301, region: 'us-east-1' },
      errors.BucketElsewhere,
      { actual: 'us-east-1' },
    ],
    [
      'a bucket that is not there',
      { name: 'NoSuchBucket', status: 404 },
      errors.BucketNotFound,
      { bucket: 'bucket' },
    ],
    [
      'an object that is not there, also if the header names the region',
      { name: 'NotFound', status: 404, header: 'eu-west-1' },
      errors.ObjectNotFound,
      { key: 'k' },
    ],
    [
      'denied access, in words',
      { name: 'InvalidAccessKeyId', status: 403 },
      errors.StorageAccessDenied,
      { reason: 'it does not know the access key' },
    ],
    [
      'denied access, by its number',
      { name: '403', status: 403 },
      errors.StorageAccessDenied,
      { reason: 'it answers 403' },
    ],
    [
      'denied access, by its number and name',
      { name: 'Forbidden', status: 401 },
      errors.StorageAccessDenied,
      { reason: 'it answers 401 Forbidden' },
    ],
    ['a full storage, by its number', { status: 507 }, errors.StorageFull],
    ['a full storage, by its name', { name: 'QuotaExceeded', status: 400 }, errors.StorageFull],
    [
      'an upload to be sent again',
      { name: 'BadDigest', status: 400 },
      errors.StorageUnreachable,
      { reason: 'the upload was cut or changed on its way' },
    ],
    [
      'a storage that is away, by its number',
      { name: 'UnknownError', status: 503 },
      errors.StorageUnreachable,
      { reason: 'it answers 503' },
    ],
    [
      'a storage that is away, asked too often',
      { name: 'SlowDown', status: 429 },
      errors.StorageUnreachable,
      { reason: 'it was asked too often: it answers 429 SlowDown' },
    ],
    [
      'a refusal, with what the server says',
      { name: 'InvalidArgument', message: 'no such thing', status: 400 },
      errors.StorageRequestRefused,
      { reason: 'it answers 400 InvalidArgument: no such thing' },
    ],
  ];
  for (const [rule, answer, kind, fields = {}] of rows)
    it(rule, () => {
      const error = s3Error(thrown(answer), location, 'k');
      assert.ok(error instanceof kind, String(error));
      for (const [name, value] of Object.entries(fields)) assert.equal(Reflect.get(error, name), value, name);
      assert.ok(
        !(error.cause instanceof Error) || Reflect.get(error.cause, '$metadata') === undefined,
        'no request goes on',
      );
    });

  it('itself, if it is one of ours or none at all', () => {
    const own = new errors.ObjectNotFound({ storage: 's', key: 'k' });
    assert.equal(s3Error(own, location, 'k'), own);
    assert.equal(s3Error('text', location, 'k'), 'text');
  });
});
