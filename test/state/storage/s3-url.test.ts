import assert from 'node:assert/strict';
import { StorageUrlInvalid } from '../../../state/storage/errors.js';
import { openStorage } from '../../../state/storage/open.js';
import { parseS3Url } from '../../../state/storage/s3-url.js';

describe('an s3 URL', () => {
  it('names a bucket, and optionally the rest', () => {
    assert.deepEqual(parseS3Url('s3://formulas'), {
      bucket: 'formulas',
      prefix: '',
      pathStyle: false,
      url: 's3://formulas',
    });
    assert.deepEqual(
      parseS3Url('s3://formulas/a/b/?pathStyle=true&endpoint=http%3A%2F%2Fhost%3A9000%2F&region=eu-west-1'),
      {
        bucket: 'formulas',
        prefix: 'a/b',
        region: 'eu-west-1',
        endpoint: 'http://host:9000',
        pathStyle: true,
        url: 's3://formulas/a/b?region=eu-west-1&endpoint=http://host:9000&pathStyle=true',
      },
    );
  });

  it('reads its own plainest form as the same', () => {
    const once = parseS3Url('s3://formulas/p?endpoint=https://host/s3&pathStyle=true');
    assert.deepEqual(parseS3Url(once.url), once);
  });

  const wrong: readonly [string, RegExp][] = [
    ['s3:formulas', /a bucket has 3 to 63/],
    ['s3://', /cannot be read as a URL|a bucket has 3 to 63/],
    ['s3://Formulas', /a bucket has 3 to 63/],
    ['s3://ab', /a bucket has 3 to 63/],
    ['s3://formulas:9000', /a port belongs into its endpoint/],
    ['s3://formulas/a//b', /the prefix may hold/],
    ['s3://formulas/a b', /the prefix may hold/],
    ['s3://formulas/a%20b', /the prefix may hold/],
    ['s3://formulas/x#y', /must not hold a #/],
    ['s3://formulas?regoin=eu', /regoin is no parameter of it/],
    ['s3://formulas?region=a&region=b', /region is no parameter of it, or stands there twice/],
    ['s3://formulas?region=', /its region is none/],
    ['s3://formulas?pathStyle=yes', /pathStyle is true or false/],
    ['s3://formulas?endpoint=host:9000', /its endpoint is no http/],
    ['s3://formulas?endpoint=http://host?x=1', /its endpoint must not hold a query/],
  ];
  for (const [url, reason] of wrong)
    it(`${url} is refused`, () => {
      assert.throws(
        () => parseS3Url(url),
        (error) => {
          assert.ok(error instanceof StorageUrlInvalid);
          assert.match(error.message, reason);
          return true;
        },
      );
    });

  for (const url of [
    's3://AKIA:hunter2secret@formulas',
    's3://formulas?secretAccessKey=hunter2secret',
    's3://formulas?endpoint=http://AKIA:hunter2secret@host',
    's3://formulas?endpoint=hunter2secret',
    's3://AKIA:hunter2secret@@',
    'https://AKIA:hunter2secret@formulas',
    'hunter2secret',
  ])
    it(`${url} is refused without repeating the secret`, async () => {
      await assert.rejects(openStorage(url), (error) => {
        assert.ok(error instanceof StorageUrlInvalid);
        assert.doesNotMatch(`${error.message} ${error.url} ${error.next}`, /hunter2secret/);
        return true;
      });
    });
});
