import assert from 'node:assert/strict';
import { RepositoryUrlInvalid } from '../../../../state/formula/errors.js';
import { parseLocation } from '../../../../state/formula/repositories/location.js';

describe('the place of a repository', () => {
  it('is a directory, or an index on a web server', () => {
    const rows: readonly (readonly [string, ReturnType<typeof parseLocation>])[] = [
      ['principia', { kind: 'directory', path: 'principia' }],
      ['/srv/a:b', { kind: 'directory', path: '/srv/a:b' }],
      ['a:b', { kind: 'directory', path: 'a:b' }],
      ['file:///srv/a%20b', { kind: 'directory', path: '/srv/a b' }],
      ['file:/srv/a', { kind: 'directory', path: '/srv/a' }],
      [
        'https://Example.COM/Formulas',
        { kind: 'index', url: 'https://example.com/Formulas/', name: 'Formulas' },
      ],
      ['https://example.com/a//b/index.json', { kind: 'index', url: 'https://example.com/a/b/', name: 'b' }],
      ['http://example.com:8080', { kind: 'index', url: 'http://example.com:8080/', name: 'example.com' }],
    ];
    for (const [text, expected] of rows) assert.deepEqual(parseLocation(text), expected, text);
  });

  it('is refused with what is wrong, and without its secrets', () => {
    const rows: readonly (readonly [string, RegExp])[] = [
      [
        'https://me:hush@example.com/a',
        /^https:\/\/example\.com\/a is no URL of a repository: a user or password/,
      ],
      ['https://hush@example.com/a', /a user or password must not stand in it/],
      ['https://example.com/a?token=hush', /it must hold no \? and no #$/],
      ['https://example.com/a#hush', /it must hold no \? and no #$/],
      ['https://', /it cannot be read as a URL$/],
      ['ftp://example.com/hush', /there are no repositories of the kind ftp/],
      ['file://elsewhere/a', /it names no file of this machine$/],
    ];
    for (const [text, said] of rows)
      assert.throws(
        () => parseLocation(text),
        (error) => {
          assert.ok(error instanceof RepositoryUrlInvalid, `${text}: ${error}`);
          assert.match(error.message, said);
          assert.doesNotMatch(`${error.message} ${error.next}`, /hush/);
          return true;
        },
      );
  });
});
