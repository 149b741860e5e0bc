import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, readdir, rename, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import {
  FormulaEntryRefused,
  RepositoryNotFound,
  RepositoryUnavailable,
} from '../../../../state/formula/errors.js';
import { publishable } from '../../../../state/formula/publishable.js';
import { openGit } from '../../../../state/formula/repositories/git.js';
import { parseGitLocation } from '../../../../state/formula/repositories/git-location.js';
import { type GitLimits, gitLimits } from '../../../../state/formula/repositories/git-process.js';
import { EnsembleError } from '../../../../state/platform/errors.js';
import { eventually } from '../../../eventually.js';
import { commitAll, git, gitBackend } from '../../../servers/git-server.js';
import { WebServer } from '../../../servers/web-server.js';
import { formulaTree, type Tree, Workshop } from '../workshop.js';
import { repositoryContract } from './contract.js';

const leftOver = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('ensemble-git-'));

/** Command lines of processes that name this. */
const processesOf = (words: string): readonly string[] =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(words) && !line.startsWith('ps '));

describe('a repository of git’s', function () {
  this.timeout(120_000);
  const workshop = new Workshop();
  const variables: Readonly<Record<string, string | undefined>> = { ...process.env };
  const changed = ['XDG_CACHE_HOME', 'GIT_SSH_COMMAND', 'GIT_DIR', 'HOME', 'TMPDIR', 'GIT_CONFIG_GLOBAL'];

  beforeEach(() => {
    process.env.XDG_CACHE_HOME = workshop.path('cache');
    process.env.HOME = workshop.path('.');
    // As a command finds it that runs in a hook of git.
    process.env.GIT_DIR = '/nowhere';
  });
  afterEach(() => {
    for (const name of changed)
      if (variables[name] === undefined) delete process.env[name];
      else process.env[name] = variables[name];
  });

  const root = (): string => workshop.path('principia');
  const add = (name: string, revision: number, more: Tree = {}): Promise<string> =>
    workshop.tree(`principia/${name}`, formulaTree(name, revision, more));
  const local = (behind = ''): string => `git+file://${root()}${behind}`;
  const open = (text = local(), limits: Partial<GitLimits> = {}): ReturnType<typeof openGit> =>
    openGit(parseGitLocation(text), { ...gitLimits, ...limits });
  const revisions = async (text = local(), name = 'mysql'): Promise<readonly number[]> =>
    (await open(text)).revisions(name).map(({ id }) => id.revision);
  const refused = (
    opening: Promise<unknown>,
    reason: RegExp,
    kind: abstract new (...args: never[]) => Error = RepositoryUnavailable,
  ): Promise<void> =>
    assert.rejects(opening, (error: Error) => {
      assert.ok(error instanceof kind, `${error}`);
      assert.match(error.message, reason);
      return true;
    });

  describe('on this machine', () => {
    repositoryContract(workshop, async (directory) => {
      await commitAll(directory);
      return {
        location: `git+file:${directory}`,
        publish: async () => void (await commitAll(directory)),
        vanish: () => rm(directory, { recursive: true }),
      };
    });
  });

  describe('behind git’s own web server', () => {
    let server: WebServer;
    beforeEach(async () => {
      server = await WebServer.start(gitBackend(workshop.path('.')));
    });
    afterEach(() => server.stop());
    repositoryContract(workshop, async (directory) => {
      await commitAll(directory);
      return {
        location: `git+${server.url}principia`,
        publish: async () => void (await commitAll(directory)),
        vanish: () => server.stop(),
      };
    });

    it('is asked for its refs alone where nothing changed', async () => {
      await add('mysql', 1);
      await commitAll(root());
      const location = `git+${server.url}principia`;
      await open(location);
      const fetches = (): number =>
        server.asked.filter(({ path }) => path.endsWith('/git-upload-pack')).length;
      const first = fetches();
      assert.deepEqual(await revisions(location), [1]);
      // Protocol 2 asks for refs by one request of that kind.
      assert.equal(fetches() - first, 1);
    });

    it('is found behind a redirect, and at no other protocol', async () => {
      await add('mysql', 1);
      await commitAll(root());
      const backend = server.answering;
      server.answering = (request, response) => {
        if (!request.url?.startsWith('/old/')) return backend(request, response);
        response.writeHead(301, { location: `${server.url}${request.url.slice('/old/'.length)}` }).end();
      };
      assert.deepEqual(await revisions(`git+${server.url}old/principia`), [1]);
      server.answering = (request, response) =>
        void response.writeHead(302, { location: `file://${root()}${request.url}` }).end();
      await refused(open(`git+${server.url}principia`), /cannot be asked/);
    });

    it('is an error with what to do where it asks for a password: nobody is asked', async () => {
      server.answering = (_request, response) =>
        void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      await refused(open(`git+${server.url}principia`), /it asks for a user and a password$/);
    });

    for (const status of [404, 500])
      it(`is an error where it answers ${status}`, async () => {
        server.answering = (_request, response) => void response.writeHead(status).end();
        await refused(
          open(`git+${server.url}principia`),
          status === 404 ? /there is no git repository$/ : /cannot be asked/,
          status === 404 ? RepositoryNotFound : RepositoryUnavailable,
        );
      });

    for (const [what, answering, reason] of [
      [
        'asks to be left alone',
        (response) => response.writeHead(429, { 'retry-after': '42' }).end(),
        /it was asked too often$/,
      ],
      ['refuses access', (response) => response.writeHead(403).end(), /cannot be asked/],
      [
        'redirects for ever',
        (response, url) => response.writeHead(302, { location: url }).end(),
        /it redirects in a way that is not followed$/,
      ],
      [
        'sends a page',
        (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>'),
        /it shows no commit: it has none yet, or what answers there is no git$/,
      ],
    ] satisfies [string, (response: ServerResponse, url: string) => unknown, RegExp][])
      it(`is an error where it ${what}`, async () => {
        server.answering = (request, response) =>
          void answering(response, `${server.url}${request.url?.slice(1)}`);
        await refused(open(`git+${server.url}principia`), reason, EnsembleError);
      });

    it('is an error where the ref is gone after it was listed', async () => {
      await add('mysql', 1);
      await commitAll(root());
      await git(root(), 'checkout', '--quiet', '-b', 'passing');
      await add('mysql', 2);
      await commitAll(root());
      await git(root(), 'checkout', '--quiet', 'main');
      const backend = server.answering;
      let asked = 0;
      server.answering = async (request, response) => {
        if (request.method === 'POST') asked += 1;
        if (asked === 2 && request.method === 'POST') {
          await git(root(), 'branch', '-D', 'passing');
          await git(root(), 'reflog', 'expire', '--expire=now', '--all');
          await git(root(), 'gc', '--quiet', '--prune=now');
        }
        await backend(request, response);
      };
      await refused(open(`git+${server.url}principia#passing`), /cannot be asked|there is no/, EnsembleError);
      assert.ok(asked >= 2);
      await refused(
        open(`git+${server.url}principia#passing`),
        /no branch and no tag passing$/,
        RepositoryNotFound,
      );
    });

    it('is an error where its answer breaks off', async () => {
      await add('mysql', 1);
      await commitAll(root());
      const backend = server.answering;
      server.answering = (request, response) => {
        if (request.method !== 'POST') return backend(request, response);
        response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
        response.write('001', () => response.destroy());
      };
      await refused(open(`git+${server.url}principia`), /cannot be asked/);
    });
  });

  describe('that hangs', () => {
    let server: Server;
    const sockets = new Set<Socket>();
    let begin: (socket: Socket) => void = () => undefined;
    const port = (): number => {
      const address = server.address();
      assert.ok(address !== null && typeof address === 'object');
      return address.port;
    };
    beforeEach(async () => {
      server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        begin(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const place = (): string => `git+http://127.0.0.1:${port()}/r`;

    it('is given up, with all that git started', async () => {
      begin = () => undefined;
      await refused(open(place(), { silence: 500, grace: 200 }), /it does not answer$/);
      await eventually(async () => assert.deepEqual(processesOf(`127.0.0.1:${port()}`), []));
    });

    it('is given up where it trickles', async () => {
      begin = (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n');
        const drip = setInterval(() => socket.write('0'), 50);
        socket.on('close', () => clearInterval(drip));
      };
      await refused(
        open(place(), { wall: 1_500, grace: 200 }),
        /it takes too long to answer$|it does not answer$|cannot be asked/,
      );
      await eventually(async () => assert.deepEqual(processesOf(`127.0.0.1:${port()}`), []));
    });

    it('is given up over ssh too, without a question', async () => {
      const script = workshop.path('ssh');
      await writeFile(script, '#!/bin/sh\nexec sleep 987654\n');
      await chmod(script, 0o755);
      process.env.GIT_SSH_COMMAND = script;
      await refused(
        open('git+ssh://git@host.test/r.git', { silence: 500, grace: 200 }),
        /it does not answer$/,
      );
      await eventually(async () => assert.deepEqual(processesOf('sleep 987654'), []));
    });
  });

  it('is reached over ssh, by what the operator’s ssh is', async () => {
    await add('mysql', 1);
    await commitAll(root());
    const script = workshop.path('ssh');
    // What a server does with the last word: it runs it.
    await writeFile(script, '#!/bin/sh\nfor last; do :; done\nunset GIT_DIR\nexec sh -c "$last"\n');
    await chmod(script, 0o755);
    process.env.GIT_SSH_COMMAND = script;
    assert.deepEqual(await revisions(`git+ssh://git@host.test${root()}`), [1]);
  });

  it('offers what tags name, and the tag where the ref has another content of that revision', async () => {
    await add('mysql', 1, { text: 'as it was tagged' });
    await commitAll(root());
    await git(root(), 'tag', 'mysql-1');
    await add('mysql', 2);
    await commitAll(root());
    await git(root(), 'tag', '--annotate', '--message=two', 'mysql-2');
    for (const tag of ['release-7', 'mysql-x', 'v1']) await git(root(), 'tag', tag);
    await add('mysql', 3);
    await add('blog', 1);
    await commitAll(root());
    assert.deepEqual(await revisions(), [1, 2, 3]);
    await add('mysql', 1, { text: 'and something else' });
    await commitAll(root());
    const repository = await open();
    assert.deepEqual(repository.problems, []);
    const { manifest } = await publishable(repository.find('mysql', 1), workshop.path('work'));
    assert.equal(manifest.find(({ path }) => path === 'text')?.kind, 'file');
    assert.match(repository.find('mysql', 1).path, /@[0-9a-f]{12}:mysql$/);
    const tagged = await git(root(), 'rev-parse', 'mysql-1');
    assert.ok(repository.find('mysql', 1).path.includes(tagged.slice(0, 12)));
  });

  it('says so of a tag whose formula has another revision', async () => {
    await add('mysql', 1);
    await commitAll(root());
    await git(root(), 'tag', 'mysql-2');
    const { problems, latest } = await open();
    assert.deepEqual(
      problems.map(({ name, revision }) => [name, revision]),
      [['mysql', 2]],
    );
    assert.throws(() => latest('mysql'), /its revision is 1, and its tag says 2/);
    const named = await open(`${local()}#mysql-2`);
    assert.deepEqual(
      named.problems.map(({ name, revision }) => [name, revision]),
      [['mysql', 2]],
      'once, also where the URL names the tag',
    );
  });

  it('is taken at a branch, a tag, a commit, and below a path; a formula may be all of it', async () => {
    await add('mysql', 1);
    const first = await commitAll(root());
    await git(root(), 'branch', 'stable');
    await git(root(), 'tag', 'one');
    await add('mysql', 2);
    await workshop.tree('principia/deep/er/blog', formulaTree('blog', 5));
    await commitAll(root());
    assert.deepEqual(await revisions(local()), [2]);
    for (const ref of ['stable', 'one', first]) assert.deepEqual(await revisions(local(`#${ref}`)), [1], ref);
    const below = await open(local('#main:deep/er'));
    assert.deepEqual([below.name, below.formulas], ['er', ['blog']]);
    assert.deepEqual(await revisions(local('#:deep/er/blog'), 'blog'), [5]);
    await publishable((await open(local('#:deep/er/blog'))).latest('blog'), workshop.path('work'));
    await refused(open(local('#gone')), /it has no branch and no tag gone$/, RepositoryNotFound);
    await refused(open(local('#main:gone')), /it has no folder gone$/, RepositoryNotFound);
    await refused(open(local(`#${'0'.repeat(40)}`)), /cannot be asked|there is no/, Error);
  });

  it('is followed where its history is written anew, and what was shown before is not taken for it', async () => {
    await add('mysql', 1);
    await commitAll(root());
    const before = (await open()).latest('mysql');
    await add('mysql', 4);
    await git(root(), 'checkout', '--quiet', '--orphan', 'anew');
    await commitAll(root());
    await git(root(), 'branch', '--force', 'main');
    await git(root(), 'checkout', '--quiet', 'main');
    assert.deepEqual(await revisions(), [4]);
    await refused(publishable(before, workshop.path('work')), /is another commit by now$/);
  });

  it('gives the bytes that are committed, whatever .gitattributes and the machine’s git say', async () => {
    const tricks = [
      '* ident export-subst',
      '*.sh text eol=crlf',
      'hidden export-ignore',
      '*.bin filter=evil',
    ].join('\n');
    const own: Tree = {
      '.gitattributes': `${tricks}\n`,
      'a.sh': 'one\ntwo $Id$\n',
      hidden: '$Format:%H$',
      'x.bin': 'plain',
    };
    await add('mysql', 1, own);
    const config = workshop.path('gitconfig');
    await writeFile(
      config,
      `[core]\nautocrlf = true\n[filter "evil"]\nsmudge = touch ${workshop.path('evil')}\nrequired = true\n[tar]\numask = 077\n`,
    );
    await commitAll(root());
    process.env.GIT_CONFIG_GLOBAL = config;
    const candidate = (await open()).latest('mysql');
    const got = await publishable(candidate, workshop.path('work'));
    const wanted = await publishable(
      { ...candidate, kind: 'directory', path: `${root()}/mysql` },
      workshop.path('own'),
    );
    assert.deepEqual(got.manifest, wanted.manifest);
    assert.ok(!(await readdir(workshop.path('.'))).includes('evil'));
  });

  it('refuses a formula with a submodule, or a pointer of Git LFS, by name', async () => {
    await workshop.tree('other', { file: 'x' });
    await commitAll(workshop.path('other'));
    await add('mysql', 1);
    await commitAll(root());
    await git(
      root(),
      '-c',
      'protocol.file.allow=always',
      'submodule',
      '--quiet',
      'add',
      workshop.path('other'),
      'mysql/part',
    );
    await commitAll(root());
    const first = (await open()).latest('mysql');
    await assert.rejects(publishable(first, workshop.path('one')), (error) => {
      assert.ok(error instanceof FormulaEntryRefused);
      assert.match(error.message, /:mysql\/part cannot be part of a formula: it is a submodule/);
      return true;
    });
    await git(root(), 'rm', '--quiet', '-f', 'mysql/part', '.gitmodules');
    await add('mysql', 1, {
      'large.iso': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n',
    });
    await commitAll(root());
    await assert.rejects(
      publishable((await open()).latest('mysql'), workshop.path('two')),
      /:mysql\/large\.iso cannot be part of a formula: it is a pointer of Git LFS/,
    );
  });

  it('is given up where it sends more than may be', async () => {
    await add('mysql', 1, { noise: Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))) });
    await commitAll(root());
    await refused(open(local(), { mostOutput: 20 }), /more to say than is listened to$/);
    // Over before it is looked at.
    await refused(open(local(), { mostFetched: 10_000 }), /what it sends is more than/);
    // Looked at while it is under way: slow down what sends.
    const slow = workshop.path('ssh');
    await writeFile(
      slow,
      '#!/bin/sh\nfor last; do :; done\nunset GIT_DIR\nsh -c "$last" | perl -e \'$| = 1; while (sysread(STDIN, $b, 4000)) { print $b; select undef, undef, undef, 0.1 }\'\n',
    );
    await chmod(slow, 0o755);
    process.env.GIT_SSH_COMMAND = slow;
    await refused(
      open(`git+ssh://git@host.test${root()}`, { mostFetched: 10_000 }),
      /what it sends is more than/,
    );
  });

  it('offers all else where one formula cannot be read', async () => {
    await add('mysql', 1);
    await add('blog', 1, { 'metadata.yaml': 'name: blog\nrevision: one\n' });
    await workshop.tree('principia/linked', { 'metadata.yaml': ['->', '../mysql/metadata.yaml'] });
    await workshop.tree('principia/docs', { 'index.md': 'none' });
    await commitAll(root());
    const { formulas, problems } = await open();
    assert.deepEqual(formulas, ['mysql']);
    assert.deepEqual(
      problems.map(({ name }) => name),
      ['blog', 'linked'],
    );
    assert.match(problems[0]?.error.message ?? '', /^file:.*@[0-9a-f]{12}:blog\/metadata\.yaml:2: revision/);
  });

  it('says so where the machine has no git, the repository no commit, or there is none', async () => {
    await refused(
      open(`git+file://${workshop.path('none')}`),
      /there is no git repository$/,
      RepositoryNotFound,
    );
    await git(workshop.path('.'), 'init', '--quiet', 'empty');
    await refused(open(`git+file://${workshop.path('empty')}`), /it has no commit yet$/, RepositoryNotFound);
    const path = process.env.PATH;
    process.env.PATH = workshop.path('.');
    try {
      await refused(open(), /there is no git on this machine$/);
    } finally {
      process.env.PATH = path;
    }
  });

  it('leaves nothing behind, and is not held up by what others left', async () => {
    await add('mysql', 1);
    await commitAll(root());
    // Of its own: other tests fetch at the same time.
    process.env.TMPDIR = workshop.path('.');
    await writeFile(`${root()}/.git/index.lock`, '');
    await writeFile(`${root()}/.git/shallow.lock`, '');
    await publishable((await open()).latest('mysql'), workshop.path('work'));
    await rename(root(), workshop.path('away'));
    await assert.rejects(open());
    assert.deepEqual(leftOver(), []);
  });
});
