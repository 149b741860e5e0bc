import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireAnswer, whileItAnswers } from '../../state/formula/answering.js';
import { bundleFormula } from '../../state/formula/bundle.js';
import { publishable } from '../../state/formula/publishable.js';
import { openRepository } from '../../state/formula/repositories/open.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { cannotMount } from '../remedies/mounting.js';
import { hang, helpersOf, putPipeInPlaceOf } from '../servers/hung-directory.js';

const GIBIBYTE = 1024 ** 3;

describe('a repository', () => {
  let root: string;
  let repository: string;
  let formula: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ens-repo-'));
    repository = join(root, 'repo');
    formula = join(repository, 'f');
    await mkdir(join(formula, 'hooks'), { recursive: true });
    await writeFile(join(formula, 'metadata.yaml'), 'name: f\nrevision: 1\nsummary: s\n');
    await writeFile(join(formula, 'hooks', 'start'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(join(formula, 'data'), 'some');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const read = async (): Promise<unknown> => {
    const { latest } = await openRepository(repository);
    return publishable(latest('f'), join(root, 'work'));
  };

  const hung = [
    ['what says which formula it is', 'f/metadata.yaml', 'repository'],
    ['a bundle', 'f-2.tar.gz', 'repository'],
    ['a hook', 'f/hooks/start', 'whole'],
    ['any other file', 'f/data', 'whole'],
  ] as const;
  for (const [what, file, how] of hung)
    it(`in which ${what} hangs is given up in bounded time, by its path`, async () => {
      await bundleFormula(formula, join(repository, 'f-2.tar.gz'));
      const path = join(repository, file);
      await requireAnswer(repository, 'repository');
      const before = helpersOf(process.pid);
      const release = await hang(path);
      try {
        const asked = how === 'whole' ? formula : repository;
        await assert.rejects(requireAnswer(asked, how, 1_000), {
          code: 'repository-not-found',
          message: `${repository} is no repository: ${path} has not answered for 1 seconds`,
          next: `check the disk or the network mount of it, as with \`timeout 5 cat ${path}\``,
        });
        await release();
        await requireAnswer(asked, how);
      } finally {
        await release();
      }
      // One that hung in the kernel is gone only once the kernel lets go of it.
      await eventually(() => assert.deepEqual(helpersOf(process.pid), before));
    });

  /** What may stand in a formula, and what is said of it, within seconds. */
  const things: Readonly<Record<string, readonly [put: () => Promise<unknown>, said: RegExp]>> = {
    'a named pipe as metadata.yaml': [
      () => putPipeInPlaceOf(join(formula, 'metadata.yaml')),
      /f\/metadata\.yaml .*it is not a file/,
    ],
    'a named pipe as a hook': [
      () => putPipeInPlaceOf(join(formula, 'hooks', 'start')),
      /hooks\/start.* is not a file/,
    ],
    'a named pipe as any other file': [
      () => putPipeInPlaceOf(join(formula, 'data')),
      /f\/data .*it is a fifo/,
    ],
    'a named pipe for hooks': [
      async () => {
        await rm(join(formula, 'hooks'), { recursive: true });
        execFileSync('mkfifo', [join(formula, 'hooks')]);
      },
      /f\/hooks .*it is a fifo/,
    ],
    'a link to zeros without end as a hook': [
      async () => {
        await rm(join(formula, 'hooks', 'start'));
        await symlink('/dev/zero', join(formula, 'hooks', 'start'));
      },
      /hooks\/start.* is not a file/,
    ],
    'a link to zeros without end as metadata.yaml': [
      async () => {
        await rm(join(formula, 'metadata.yaml'));
        await symlink('/dev/zero', join(formula, 'metadata.yaml'));
      },
      /metadata\.yaml .*it is a link; put the file itself there/,
    ],
    '20 GB of zeros as metadata.yaml': [
      () => truncate(join(formula, 'metadata.yaml'), 20 * GIBIBYTE),
      /metadata\.yaml:1: .*at most 131072 are read/,
    ],
    '20 GB of zeros as a hook': [
      () => truncate(join(formula, 'hooks', 'start'), 20 * GIBIBYTE),
      /too large: with hooks\/start it has more than 2147483648 bytes/,
    ],
    '20 GB of zeros as any other file': [
      () => truncate(join(formula, 'data'), 20 * GIBIBYTE),
      /too large: with data it has more than 2147483648 bytes/,
    ],
  };
  for (const [thing, [put, said]] of Object.entries(things))
    it(`is refused for ${thing}, at once`, async function () {
      this.timeout(15_000);
      await put();
      await assert.rejects(read(), said);
    });

  it('is refused for a socket, and for a bundle of 20 GB of zeros', async function () {
    this.timeout(15_000);
    const server = createServer();
    await rm(join(formula, 'data'));
    await new Promise<void>((resolve) => server.listen(join(formula, 'data'), resolve));
    try {
      await assert.rejects(read(), /f\/data .*it is a socket/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await writeFile(join(repository, 'f-2.tar.gz'), '');
    await truncate(join(repository, 'f-2.tar.gz'), 20 * GIBIBYTE);
    await assert.rejects(read(), /f-2\.tar\.gz/);
  });

  describe('on a mount that goes away while it is read', () => {
    before(function () {
      if (cannotMount() !== undefined) this.skip();
    });
    const mount = (): unknown => execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', repository]);
    const unmount = (): unknown => execFileSync('umount', ['-l', repository]);
    const wentAway = {
      code: 'repository-not-found',
      message: /repo is no repository: \S+ was there, and its disk or mount went away while it was read$/,
      next: /^check the disk or the network mount of it, as with `timeout 5 ls \S+`, and run the same command again$/,
    };

    for (const [how, asked] of [
      ['repository', () => repository],
      ['whole', () => formula],
    ] as const)
      it(`is told as that, and not as a repository without formulas: ${how}`, async () => {
        const work = join(root, 'work');
        await cp(repository, work, { recursive: true });
        mount();
        let isMounted = true;
        try {
          await cp(work, repository, { recursive: true });
          const { latest } = await openRepository(repository);
          await assert.rejects(
            whileItAnswers(asked(), how, async () => {
              unmount();
              isMounted = false;
              await rm(formula, { recursive: true, force: true });
              return openRepository(repository).then(({ latest: found }) => found('f'));
            }),
            wentAway,
          );
          assert.equal(latest('f').id.revision, 1);
        } finally {
          if (isMounted) unmount();
        }
      });

    it('is told so too where the system says it, and anything else stays what it is', async () => {
      const failing = (code: string) => () =>
        Promise.reject(new Error('not read', { cause: Object.assign(new Error(code), { code }) }));
      for (const code of ['ESTALE', 'ENOTCONN', 'EIO'])
        await assert.rejects(whileItAnswers(repository, 'repository', failing(code)), wentAway);
      await assert.rejects(whileItAnswers(repository, 'repository', failing('EACCES')), /^Error: not read$/);
      assert.equal(await whileItAnswers(repository, 'repository', async () => 'read'), 'read');
    });
  });

  it('says so to commands too', async function () {
    this.timeout(20_000);
    const world = await World.open();
    try {
      await putPipeInPlaceOf(join(await world.writeFormula(1), 'hooks', 'start'));
      const { code, stderr } = await ensemble(world, 'deploy', '-n', '0', '--repository', 'world', 'f');
      assert.match(stderr, /hooks\/start.* is not a file/);
      assert.equal(code, 1);
    } finally {
      await world.close();
    }
  });
});
