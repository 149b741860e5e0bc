import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFormula } from '../../state/formula/bundle.js';
import { useSandbox } from '../cli/sandbox.js';

/** How a formula `web` in a directory is offered elsewhere: a repository for `--repository`, and the formula's place in it. */
const KINDS: Readonly<
  Record<string, (root: string) => Promise<readonly [repository: string, place: RegExp]>>
> = {
  'a git repository': async (root) => {
    for (const words of [
      ['init', '-q'],
      ['add', '-A'],
      ['-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qm', 'web'],
    ])
      execFileSync('git', words, { cwd: root });
    return [`git+file://${root}`, /file:\/\/\S+@[0-9a-f]{12}:web/];
  },
  'a bundle': async (root) => {
    const bundle = join(root, 'web-1.tar.gz');
    await bundleFormula(join(root, 'web'), bundle);
    await rm(join(root, 'web'), { recursive: true });
    return [root, /\/\S+\/web-1\.tar\.gz/];
  },
};

describe('what is wrong with a formula', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let root: string;
  let start: string;
  beforeEach(async () => {
    await world.box.bootstrap();
    root = join(world.box.directory, 'elsewhere');
    start = join(root, 'web', 'hooks', 'start');
    await mkdir(join(root, 'web', 'hooks'), { recursive: true });
    await writeFile(
      join(root, 'web', 'metadata.yaml'),
      'name: web\nrevision: 1\nsummary: s\noptinal: 1\nmaintainer: {name: a, email: b}\n',
    );
    await writeFile(start, '#!/bin/sh\n', { mode: 0o755 });
  });

  const deploy = async (repository: string) =>
    world.box.run('deploy', '--no-wait', '-n', '0', '--repository', repository, 'web');
  const said = (words: string, place: RegExp): RegExp => new RegExp(words.replace('PLACE', place.source));

  for (const [kind, offer] of Object.entries(KINDS)) {
    it(`is told by its place in ${kind}, and not by that of the copy`, async () => {
      await chmod(start, 0o644);
      const [repository, place] = await offer(root);
      const { code, stderr } = await deploy(repository);
      assert.equal(code, 1);
      assert.match(stderr, said('^ensemble: the hook start is not executable: PLACE/hooks/start\\n', place));
      assert.match(stderr, /\n {2}try: in the formula as its author keeps it: chmod \+x hooks\/start\n$/);
    });

    it(`that is only a warning is told so too: ${kind}`, async () => {
      const [repository, place] = await offer(root);
      const { code, stderr } = await deploy(repository);
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        said('^warning: PLACE/metadata\\.yaml:5: maintainer is taken for the text', place),
      );
    });
  }

  it('lies where it is in a directory', async () => {
    await chmod(start, 0o644);
    const { stderr } = await deploy(root);
    assert.ok(stderr.endsWith(`\n  try: chmod +x ${start}\n`), stderr);
  });
});
