import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { RepositoryUrlInvalid } from '../../../../state/formula/errors.js';
import { parseGitLocation } from '../../../../state/formula/repositories/git-location.js';

describe('the place of formulas in git', () => {
  it('is a repository, a ref and a path', () => {
    const rows: readonly (readonly [
      text: string,
      url: string,
      remote: string,
      ref: string | undefined,
      path: string,
      name: string,
    ])[] = [
      [
        'git+https://Host.Example/a/b.git',
        'git+https://host.example/a/b.git',
        'https://host.example/a/b.git',
        undefined,
        '',
        'b',
      ],
      [
        'git+https://host/Org//repo/',
        'git+https://host/Org/repo',
        'https://host/Org/repo',
        undefined,
        '',
        'repo',
      ],
      [
        'GIT+HTTPS://host/r.git#stable',
        'git+https://host/r.git#stable',
        'https://host/r.git',
        'stable',
        '',
        'r',
      ],
      [
        'git+https://host/r.git#:formulas/db',
        'git+https://host/r.git#:formulas/db',
        'https://host/r.git',
        undefined,
        'formulas/db',
        'db',
      ],
      [
        'git+ssh://git@host:2222/r.git#v1.2/x:a/',
        'git+ssh://git@host:2222/r.git#v1.2/x:a',
        'ssh://git@host:2222/r.git',
        'v1.2/x',
        'a',
        'a',
      ],
      ['git+file:///srv/r.git', 'git+file:///srv/r.git', 'file:///srv/r.git', undefined, '', 'r'],
      ['git+file:r', `git+file://${resolve('r')}`, `file://${resolve('r')}`, undefined, '', 'r'],
    ];
    for (const [text, url, remote, ref, path, name] of rows) {
      const found = parseGitLocation(text);
      assert.deepEqual(
        [found.url, found.remote, found.ref, found.path, found.name],
        [url, remote, ref, path, name],
        text,
      );
      assert.equal(parseGitLocation(url).url, url, 'what is remembered means the same');
    }
  });

  it('is refused where it could mean more than that, and repeats no secret', () => {
    for (const text of [
      'git+https://me:hush@host/r.git',
      'git+https://hush@host/r.git',
      'git+ssh://git:hush@host/r.git',
      'git+https://host/r.git?token=hush',
      'git+https://host/',
      'git+https:',
      'git+ext::sh -c hush',
      'git+git://host/hush',
      'git+ssh://-oProxyCommand=hush/r',
      'git+https://host/r#--upload-pack=hush',
      'git+https://host/r#a..hush',
      'git+https://host/r#a hush',
      'git+https://host/r#main:../hush',
      'git+https://host/r#main:a//hush',
    ])
      assert.throws(
        () => parseGitLocation(text),
        (error) => {
          assert.ok(error instanceof RepositoryUrlInvalid, `${text}: ${error}`);
          assert.doesNotMatch(`${error.message} ${error.next}`, /hush/, text);
          return true;
        },
      );
  });
});
