import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  BundleDamaged,
  RepositoryNotFound,
  RepositoryUnavailable,
} from '../../../../state/formula/errors.js';
import { publishable } from '../../../../state/formula/publishable.js';
import { IndexExpired } from '../../../../state/formula/trust/errors.js';
import { openIndex } from '../../../../state/formula/repositories/http-index.js';
import { openRepository } from '../../../../state/formula/repositories/open.js';
import { writeIndex } from '../../../../state/formula/repositories/write-index.js';
import { eventually } from '../../../eventually.js';
import { type Answering, filesOf, WebServer } from '../../../servers/web-server.js';
import { formulaTree, Workshop } from '../workshop.js';
import { repositoryContract } from './contract.js';

const nothing = { withdraw: [], restore: [] };
/** Longer than a loaded machine takes to answer. */
const patience = { silence: 20_000, wall: 30_000, bundleWall: 30_000, mostIndex: 100_000 };
/** For servers that never answer. */
const impatience = { ...patience, silence: 300, wall: 5_000, bundleWall: 5_000 };

describe('a repository on a web server', () => {
  const workshop = new Workshop();
  let server: WebServer;
  const variables: Readonly<Record<string, string | undefined>> = { ...process.env };

  beforeEach(async () => {
    process.env.XDG_CACHE_HOME = workshop.path('cache');
    server = await WebServer.start(filesOf(workshop.path('.')));
  });
  afterEach(async () => {
    for (const name of ['XDG_CACHE_HOME', 'HTTP_PROXY', 'NO_PROXY'])
      if (variables[name] === undefined) delete process.env[name];
      else process.env[name] = variables[name];
    await server.stop();
  });

  const index = (request = nothing) =>
    writeIndex(workshop.path('principia'), request, workshop.path('work'), 0);
  const indexed = async (): Promise<string> => {
    await workshop.tree('principia/mysql', formulaTree('mysql', 1));
    await index();
    return readFile(workshop.path('principia/index.json'), 'utf8');
  };
  const location = (): string => `${server.url}principia/`;
  const open = (limits = patience) => openIndex({ url: location(), name: 'principia' }, 0, undefined, limits);
  const isSilence = (reason: RegExp): boolean => reason.source.includes('does not answer');
  const refused = async (reason: RegExp, kind = RepositoryUnavailable as new (...args: never[]) => Error) => {
    await assert.rejects(open(isSilence(reason) ? impatience : patience), (error: Error) => {
      assert.ok(error instanceof kind, `${error}`);
      assert.match(error.message, reason);
      return true;
    });
  };

  repositoryContract(workshop, async () => {
    await index();
    return { location: location(), publish: async () => void (await index()), vanish: () => server.stop() };
  });

  it('is called by the last part of its URL, however that is written', async () => {
    await indexed();
    for (const spelling of ['principia', 'principia/', 'principia//', 'principia/index.json']) {
      const repository = await openRepository(`${server.url}${spelling}`);
      assert.deepEqual([repository.name, repository.location], ['principia', location()], spelling);
    }
  });

  it('sends its index again only where it changed', async () => {
    await indexed();
    await open();
    assert.deepEqual((await open()).formulas, ['mysql']);
    assert.deepEqual(
      server.asked.map(({ status }) => status),
      [200, 304],
    );
    await workshop.tree('principia/blog', formulaTree('blog', 1));
    await index();
    assert.deepEqual((await open()).formulas, ['blog', 'mysql']);
    assert.equal(server.asked.at(-1)?.status, 200);
  });

  it('is read where the cache cannot be written, or holds garbage', async () => {
    await indexed();
    await writeFile(workshop.path('cache'), 'in the way');
    assert.deepEqual((await open()).formulas, ['mysql']);
  });

  it('withdraws what its author takes back, and offers what is restored', async () => {
    await indexed();
    await workshop.tree('principia/mysql-2', formulaTree('mysql', 2));
    const two = [{ name: 'mysql', revision: 2 }];
    await writeIndex(
      workshop.path('principia'),
      { ...nothing, withdraw: two, reason: 'loses rows' },
      workshop.path('work'),
      0,
    );
    const repository = await open();
    assert.equal(repository.latest('mysql').id.revision, 1);
    assert.deepEqual(repository.find('mysql', 2).withdrawn, { why: 'loses rows' });
    await index({ ...nothing, restore: two } as never);
    assert.equal((await open()).latest('mysql').id.revision, 2);
  });

  describe('that does not answer as it should', () => {
    const answer = (
      status: number,
      headers: Record<string, string | number> = {},
      body: string | Buffer = '',
    ): Answering => {
      return (_request, response) => void response.writeHead(status, headers).end(body);
    };

    const rows: readonly (readonly [name: string, answering: (text: string) => Answering, reason: RegExp])[] =
      [
        ['500', () => answer(500), /cannot be asked: it answers 500$/],
        ['403', () => answer(403), /it refuses access \(403\)$/],
        [
          '429 with Retry-After',
          () => answer(429, { 'retry-after': '42' }),
          /it answers 429, and asks to be left alone for 42 s$/,
        ],
        [
          '503 with a date',
          () => answer(503, { 'retry-after': new Date(0).toUTCString() }),
          /alone for 0 s$/,
        ],
        ['304 unasked', () => answer(304), /it answers 304$/],
        ['a redirect to nowhere', () => answer(302), /it redirects to nowhere$/],
        ['a loop', () => answer(302, { location: './index.json' }), /it redirects more than 5 times$/],
        [
          'a redirect to a file',
          () => answer(302, { location: 'file:///etc/passwd' }),
          /from http: to file:/,
        ],
        [
          'half a body',
          (text) => (_request, response) => {
            response.writeHead(200, { 'content-length': text.length });
            response.write(text.slice(0, 20), () => response.destroy());
          },
          /the connection to it broke$/,
        ],
        [
          'half a body in chunks',
          (text) => (_request, response) => {
            response.writeHead(200);
            response.write(text.slice(0, 20), () => response.destroy());
          },
          /the connection to it broke$/,
        ],
        [
          'silence in the middle',
          (text) => (_request, response) => {
            response.writeHead(200, { 'content-length': text.length });
            response.write(text.slice(0, 20));
          },
          /it does not answer$/,
        ],
        ['silence', () => () => undefined, /it does not answer$/],
        [
          'too much, as it says',
          () => answer(200, { 'content-length': 200_000 }, 'x'.repeat(200_000)),
          /has more than 100000 bytes$/,
        ],
        [
          'too much, unsaid',
          () => (_request, response) => {
            response.writeHead(200);
            response.end('x'.repeat(200_000));
          },
          /has more than 100000 bytes$/,
        ],
        [
          'too much, packed',
          () => answer(200, { 'content-encoding': 'gzip' }, gzipSync('x'.repeat(200_000))),
          /has more than 100000 bytes$/,
        ],
        [
          'damaged gzip',
          () => answer(200, { 'content-encoding': 'gzip' }, 'no gzip'),
          /it cannot be unpacked$/,
        ],
        [
          'an encoding nobody asked for',
          () => answer(200, { 'content-encoding': 'br' }, 'x'),
          /in the encoding br, which was not asked for$/,
        ],
      ];
    for (const [name, answering, reason] of rows)
      it(`is unknown: ${name}`, async () => {
        server.answering = answering(await indexed());
        await refused(reason);
      });

    it('says after how many seconds it may be asked again', async () => {
      server.answering = answer(429, { 'retry-after': '42' });
      await assert.rejects(open(), { retryAfter: 42, next: 'the same command again, in 42 s' });
    });

    it('is unknown while nothing listens', async () => {
      await server.stop();
      await refused(/nothing listens there$/);
      server = await WebServer.start(filesOf(workshop.path('.')));
    });

    it('is none where its index is another thing', async () => {
      for (const [body, reason] of [
        ['<html>', /its index\.json is no JSON$/],
        ['[]', /its index\.json cannot be understood/],
        ['{"schema": "1", "serial": 1, "formulas": {}}', /cannot be understood: schema/],
        ['{"schema": 1, "formulas": {}}', /cannot be understood: serial/],
      ] as const) {
        server.answering = answer(200, { 'content-type': 'text/html' }, body);
        await refused(reason, RepositoryNotFound);
      }
      server.answering = answer(404);
      await refused(/there is no index\.json$/, RepositoryNotFound);
    });

    it('is told of with what helps: to ask again, or something else where the same would come of it', async () => {
      const look = `check the URL, and what its server answers, as with \`curl -sIL ${location()}index.json\``;
      for (const [answering, next] of [
        [answer(500), 'the same command again, when it answers'],
        [answer(401), look],
        [answer(403), look],
        [answer(403, { 'x-ratelimit-remaining': '0' }), 'the same command again, when it answers'],
        [answer(302), look],
        [answer(302, { location: './index.json' }), look],
        [answer(302, { location: 'file:///etc/passwd' }), look],
        [
          answer(200, {}, '<html>'),
          'check the URL; the index of a directory is written by: ensemble index DIRECTORY',
        ],
        [answer(200, {}, '{"schema": 2, "formulas": []}'), 'install the newer Ensemble'],
      ] as const) {
        server.answering = answering;
        await assert.rejects(open(), { next });
      }
      await assert.rejects(open(), /its index\.json is of schema 2, and this release reads schema 1$/);
    });

    it('is unknown where its index is no longer valid', async () => {
      const document = JSON.parse(await indexed());
      server.answering = answer(200, {}, JSON.stringify({ ...document, expires: '1970-01-01T00:00:00Z' }));
      await refused(/was to be believed until 1970/, IndexExpired);
    });
  });

  it('offers all else where one entry cannot be read', async () => {
    const document = JSON.parse(await indexed());
    const [entry] = document.formulas.mysql;
    const broken = { ...entry, revision: 2, sha256: 'none' };
    const other = { ...entry, revision: 3 };
    document.formulas.mysql.push(broken, other, entry);
    server.answering = (_request, response) => void response.end(JSON.stringify(document));
    const { revisions, problems, latest } = await open();
    assert.deepEqual(
      revisions('mysql').map(({ id }) => id.revision),
      [1],
    );
    assert.deepEqual(
      problems.map(({ revision, error }) => [revision, error.message.replace(/.* is no formula: /, '')]),
      [
        [2, 'sha256: Invalid string: must match pattern /^[0-9a-f]{64}$/'],
        [3, 'its metadata is of mysql-1'],
        [1, 'it is there twice'],
      ],
    );
    assert.throws(() => latest('mysql'), /sha256|metadata is of/);
  });

  it('is read packed, redirected, and through a proxy', async () => {
    const text = await indexed();
    server.answering = (request, response) => {
      if (request.url?.startsWith('/principia/'))
        response.writeHead(301, { location: '/else/index.json' }).end();
      else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text));
    };
    const [candidate] = (await open()).revisions('mysql');
    assert.equal(
      candidate?.path,
      `${server.url}else/bundles/mysql-1.tar.gz`,
      'beside the index that was found',
    );

    const through: string[] = [];
    const sockets = new Set<Socket>();
    // As proxies do: CONNECT, then whatever comes.
    const proxy = createServer((client) => {
      sockets.add(client);
      client.once('data', (head) => {
        through.push(head.toString().split('\r\n')[0] ?? '');
        const onward = new (client.constructor as typeof Socket)();
        sockets.add(onward);
        onward.connect(server.port, '127.0.0.1', () => {
          client.write('HTTP/1.1 200 OK\r\n\r\n');
          client.pipe(onward).pipe(client);
        });
        for (const socket of [client, onward]) socket.on('error', () => undefined);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const address = proxy.address();
      assert.ok(address !== null && typeof address === 'object');
      process.env.HTTP_PROXY = `http://127.0.0.1:${address.port}`;
      server.answering = filesOf(workshop.path('.'));
      assert.deepEqual(
        (
          await openIndex(
            { url: 'http://formulas.test/principia/', name: 'principia' },
            0,
            undefined,
            patience,
          )
        ).formulas,
        ['mysql'],
      );
      assert.deepEqual(through, ['CONNECT formulas.test:80 HTTP/1.1']);
      process.env.NO_PROXY = '127.0.0.1';
      await open();
      assert.equal(through.length, 1);
    } finally {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    }
  });

  it('has no bundle used but the one that its index names', async () => {
    await indexed();
    const candidate = (await open()).latest('mysql');
    await writeFile(workshop.path('principia/bundles/mysql-1.tar.gz'), 'another');
    await assert.rejects(publishable(candidate, workshop.path('one')), BundleDamaged);
    await rm(workshop.path('principia/bundles/mysql-1.tar.gz'));
    await assert.rejects(
      publishable(candidate, workshop.path('two')),
      /its index names .*, which is not there/,
    );
  });

  describe('whose bundle does not come as it should', () => {
    const bundles: readonly (readonly [name: string, answering: Answering, reason: RegExp])[] = [
      ['500', (_, response) => void response.writeHead(500).end(), /it answers 500$/],
      [
        '429 with Retry-After',
        (_, response) => void response.writeHead(429, { 'retry-after': '7' }).end(),
        /it answers 429, and asks to be left alone for 7 s$/,
      ],
      ['403', (_, response) => void response.writeHead(403).end(), /it refuses access \(403\)$/],
      [
        'a redirect loop',
        (_, response) => void response.writeHead(302, { location: './mysql-1.tar.gz' }).end(),
        /it redirects more than 5 times$/,
      ],
      [
        'half a body',
        (_, response) => {
          response.writeHead(200, { 'content-length': 1_000 });
          response.write('half', () => response.destroy());
        },
        /the connection to it broke$/,
      ],
      [
        'silence in the middle',
        (_, response) => {
          response.writeHead(200, { 'content-length': 1_000 });
          response.write('half');
        },
        /it does not answer$/,
      ],
      ['silence', () => undefined, /it does not answer$/],
      [
        'more than its index says',
        (_, response) => void response.end('x'.repeat(200_000)),
        /more than|sha256|damaged/,
      ],
      [
        'a page instead',
        (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
        /sha256|damaged/,
      ],
    ];
    for (const [name, answering, reason] of bundles)
      it(`is not taken: ${name}`, async () => {
        await indexed();
        // The bundle is asked for with the patience of the index, which a loaded machine may not give in time at first.
        const { latest } = await (isSilence(reason) ? eventually(() => open(impatience)) : open());
        const candidate = latest('mysql');
        server.answering = answering;
        await assert.rejects(publishable(candidate, workshop.path('work')), (error: Error) => {
          assert.ok(error instanceof RepositoryUnavailable || error instanceof BundleDamaged, `${error}`);
          assert.match(error.message, reason);
          return true;
        });
        // Nothing of it is left to be taken for the whole.
        server.answering = filesOf(workshop.path('.'));
        const { digest } = await publishable((await open()).latest('mysql'), workshop.path('again'));
        assert.equal(digest.sha256, 'sha256' in candidate && candidate.sha256);
      });
  });
});
