import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAfter, parseReleases, releasedChangelog, withRelease } from '../../build/releases.js';
import { projectDirectory, textOf } from '../docs/project.js';

const commit = 'a'.repeat(40);

describe('a release', () => {
  it('of the past is named with the commit it was built from', () => {
    const releases = parseReleases(textOf('releases.json'));
    assert.deepEqual(releases[0], { version: '0.1.0', commit: 'f6401c75de4e25715c28feb53d4c6020623633fd' });
    for (const [index, { version }] of releases.entries())
      assert.ok(index === 0 || isAfter(version, releases[index - 1]?.version ?? ''), version);
  });

  for (const [version, other, after] of [
    ['0.2.0', '0.1.0', true],
    ['0.10.0', '0.9.1', true],
    ['1.0.0', '0.99.99', true],
    ['0.1.0', '0.1.0', false],
    ['0.1.9', '0.2.0', false],
  ] as const)
    it(`${version} comes ${after ? '' : 'not '}after ${other}`, () =>
      assert.equal(isAfter(version, other), after));

  it('is added after the last one only', () => {
    const text = withRelease(textOf('releases.json'), { version: '99.0.0', commit });
    assert.deepEqual(parseReleases(text).at(-1), { version: '99.0.0', commit });
    assert.throws(() => withRelease(text, { version: '98.0.0', commit }), /does not come after 99\.0\.0/);
  });

  it('takes what was unreleased, and refuses to be one of nothing', () => {
    const text = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0]\n';
    const released = releasedChangelog(text, '0.2.0', '2026-01-02');
    assert.match(released, /^## \[Unreleased\]\n\n## \[0\.2\.0\] - 2026-01-02\n\n### Added/m);
    assert.throws(() => releasedChangelog(released, '0.3.0', '2026-01-03'), /says nothing/);
  });

  it('is two commits of version, changelog and name', () => {
    const place = mkdtempSync(join(tmpdir(), 'ensemble-release-'));
    try {
      const git = (...words: readonly string[]): string =>
        execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], {
          cwd: place,
          encoding: 'utf8',
        });
      for (const file of ['package.json', 'package-lock.json', 'CHANGELOG.md', 'releases.json'])
        copyFileSync(join(projectDirectory, file), join(place, file));
      git('init', '--quiet');
      git('add', '.');
      git('commit', '--quiet', '--message', 'before');
      const release = (...words: readonly string[]) =>
        spawnSync(process.execPath, [join(projectDirectory, 'dist/build/release.js'), ...words], {
          cwd: place,
          encoding: 'utf8',
          env: {
            PATH: process.env.PATH,
            GIT_AUTHOR_NAME: 't',
            GIT_AUTHOR_EMAIL: 't@example.com',
            GIT_COMMITTER_NAME: 't',
            GIT_COMMITTER_EMAIL: 't@example.com',
          },
        });
      assert.match(release().stderr, /which version\? npm run release -- VERSION/);
      const done = release('99.1.0');
      assert.equal(done.status, 0, done.stderr);
      const named = parseReleases(readFileSync(join(place, 'releases.json'), 'utf8')).at(-1);
      assert.deepEqual(named, { version: '99.1.0', commit: git('rev-parse', 'HEAD~1').trim() });
      for (const file of ['package.json', 'package-lock.json'])
        assert.equal(JSON.parse(git('show', `HEAD~1:${file}`)).version, '99.1.0');
      assert.match(git('show', 'HEAD~1:CHANGELOG.md'), /^## \[99\.1\.0\] - /m);
      assert.match(release('99.1.0').stderr, /does not come after 99\.1\.0/);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});
