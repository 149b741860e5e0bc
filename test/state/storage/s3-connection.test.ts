import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { StorageUnreachable } from '../../../state/storage/errors.js';
import { fetchObject } from '../../../state/storage/fetch.js';
import { openStorage } from '../../../state/storage/open.js';
import type { Storage, StorageOptions } from '../../../state/storage/storage.js';
import { eventually } from '../../eventually.js';
import { startChild } from '../../servers/child.js';
import { freePorts } from '../../servers/free-ports.js';
import { type Swift, startSwift } from '../../servers/swift.js';
import { withAwsEnvironment } from './aws-environment.js';
import { type Content, makeContent } from './content.js';
import { type FaultProxy, listen, startFaultProxy } from './tcp-fault.js';

const short: StorageOptions = { connectTimeout: 400, answerTimeout: 500, idleTimeout: 600 };

/** Where somebody answers, however busy the machine is; of what falls silent in the middle it is soon heard. */
const patient: StorageOptions = { connectTimeout: 20_000, answerTimeout: 20_000, idleTimeout: 2_000 };

describe('a storage in s3, when the network fails', () => {
  let swift: Swift;
  let proxy: FaultProxy;
  let restore: () => void;
  let work: string;
  let content: Content;
  let direct: Storage;
  let storage: Storage;
  const opened: Storage[] = [];

  const open = async (endpoint: string, options: StorageOptions = {}): Promise<Storage> => {
    const url = `s3://formulas/some/prefix?region=us-east-1&endpoint=${endpoint}&pathStyle=true`;
    const result = await openStorage(url, options);
    opened.push(result);
    return result;
  };
  const elapsed = async (act: () => Promise<unknown>): Promise<number> => {
    const from = process.hrtime.bigint();
    await act();
    return Number(process.hrtime.bigint() - from) / 1e6;
  };

  before(async () => {
    swift = await startSwift();
    restore = withAwsEnvironment(swift);
    await swift.createBucket('formulas');
    proxy = await startFaultProxy(swift.endpoint);
  });
  after(async () => {
    restore();
    await proxy.close();
    await swift.stop();
  });
  beforeEach(async function () {
    work = await mkdtemp(path.join(tmpdir(), 'ensemble-content-'));
    content = await makeContent(work, this.currentTest?.title ?? '', 3_000_000);
    direct = await open(swift.endpoint);
    storage = await open(proxy.endpoint, patient);
    proxy.set(() => ({}));
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) storage.close();
    await rm(work, { recursive: true });
  });

  it('reports a server that does not listen at once, by its URL and the key', async () => {
    const [port] = await freePorts(1);
    const nobody = await open(`http://127.0.0.1:${port}`);
    const took = await elapsed(() =>
      assert.rejects(nobody.put(content.key, content.file), (error) => {
        assert.ok(error instanceof StorageUnreachable);
        assert.equal(
          error.message,
          `the storage cannot be reached for s3://formulas/some/prefix/${content.key}` +
            `?region=us-east-1&endpoint=http://127.0.0.1:${port}&pathStyle=true: ` +
            `nothing listens at http://127.0.0.1:${port}`,
        );
        return true;
      }),
    );
    assert.ok(took < 3000, `took ${took} ms`);
  });

  it('reports a host name nobody knows', async () => {
    const nobody = await open('http://storage.invalid');
    await assert.rejects(
      nobody.size(content.key),
      /the host name of http:\/\/storage\.invalid is not known$/,
    );
  });

  it('hints at pathStyle where only the bucket’s host name is unknown', async () => {
    const nobody = await openStorage('s3://formulas?endpoint=http://storage.invalid');
    opened.push(nobody);
    await assert.rejects(nobody.size(content.key), (error) => {
      assert.ok(error instanceof StorageUnreachable);
      assert.match(error.next ?? '', /pathStyle=true/);
      return true;
    });
  });

  it('reports a server that speaks no TLS', async () => {
    const plain = await open(swift.endpoint.replace('http:', 'https:'), patient);
    await assert.rejects(plain.size(content.key), /does not speak TLS; an http:\/\/ endpoint may be meant$/);
  });

  describe('and the server stays mute', () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
    });
    let endpoint: string;
    before(async () => {
      endpoint = `http://127.0.0.1:${await listen(server)}`;
    });
    after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });

    it('reports it within 10 seconds by default', async () => {
      const mute = await open(endpoint);
      const took = await elapsed(() =>
        assert.rejects(mute.put(content.key, content.file), StorageUnreachable),
      );
      assert.ok(took < 10_000, `took ${took} ms`);
    });

    it('bounds every call', async () => {
      const mute = await open(endpoint, short);
      const destination = path.join(work, 'bundle');
      for (const act of [
        () => mute.size(content.key),
        () => mute.read(content.key),
        () => mute.put(content.key, content.file),
        () => fetchObject(mute, content.key, content.digest, destination),
      ]) {
        const took = await elapsed(() => assert.rejects(act(), /http:\/\/127\.0\.0\.1:\d+ does not answer$/));
        assert.ok(took < 2500, `took ${took} ms`);
      }
    });

    it('ends a waiting call when the storage is closed', async () => {
      const mute = await open(endpoint);
      const waiting = assert.rejects(mute.size(content.key), StorageUnreachable);
      mute.close();
      const took = await elapsed(() => waiting);
      assert.ok(took < 1000, `took ${took} ms`);
    });
  });

  it('reports a server to which no connection comes about', async () => {
    // A stopped process accepts nothing, and once its short queue is full the kernel ignores whoever else knocks.
    const child = startChild(process.execPath, [
      '--eval',
      `const server = require('node:net').createServer();
       server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`,
    ]);
    await eventually(() => assert.match(child.output(), /\n$/));
    const port = Number(child.output());
    process.kill(child.pid, 'SIGSTOP');
    const knocking = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await new Promise((resolve) => knocking[0]?.once('connect', resolve));
    const unreachable = await open(`http://127.0.0.1:${port}`, short);
    const took = await elapsed(() => assert.rejects(unreachable.size(content.key), /does not answer$/));
    assert.ok(took < 2500, `took ${took} ms`);
    for (const socket of knocking) socket.destroy();
    await child.stop();
  });

  it('a download that breaks before anybody reads it is an error for who reads it then', async () => {
    await direct.put(content.key, content.file);
    proxy.set(() => ({ resetAfterReceived: 1_000_000 }));
    const body = await storage.read(content.key);
    proxy.disconnect();
    // By the time another request is answered, this process has seen the reset.
    await storage.size(content.key);
    await assert.rejects(buffer(body), /the connection to http:.* broke$/);
  });

  it('reports a server that speaks no HTTP', async () => {
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .resume()
        .end('220 mail.example ESMTP\r\n');
    });
    const port = await listen(server);
    const mail = await open(`http://127.0.0.1:${port}`, patient);
    await assert.rejects(mail.size(content.key), /does not speak HTTP$/);
    await new Promise((resolve) => server.close(resolve));
  });

  describe('in the middle of a download', () => {
    const cases = [
      { what: 'a reset', fault: { resetAfterReceived: 1_000_000 }, says: /the connection to http:.* broke$/ },
      {
        what: 'an orderly end',
        fault: { endAfterReceived: 1_000_000 },
        says: /the connection to http:.* broke$/,
      },
      { what: 'silence', fault: { muteAfterReceived: 1_000_000 }, says: /http:.* does not answer$/ },
    ];
    for (const { what, fault, says } of cases)
      it(`${what} is an error, leaves nothing, and the next try succeeds`, async () => {
        const cache = path.join(work, 'cache');
        await mkdir(cache);
        await direct.put(content.key, content.file);
        const destination = path.join(cache, 'bundle');
        proxy.set((connection) => (connection === 0 ? fault : {}));
        await assert.rejects(fetchObject(storage, content.key, content.digest, destination), (error) => {
          assert.ok(error instanceof StorageUnreachable);
          assert.match(error.message, says);
          return true;
        });
        assert.deepEqual(await readdir(cache), []);
        await fetchObject(storage, content.key, content.digest, destination);
        assert.ok((await readFile(destination)).equals(content.bytes));
        assert.deepEqual(await readdir(cache), ['bundle']);
      });
  });

  describe('in the middle of an upload', () => {
    // The HEAD goes through connection 0, the PUT through one of its own: it waits for "100 Continue".
    it('a reset is repeated once, and the object is whole', async () => {
      proxy.set((connection) => (connection === 1 ? { resetAfterSent: 1_000_000 } : {}));
      await storage.put(content.key, content.file);
      assert.ok(proxy.connections() >= 3, 'the upload was tried twice');
      assert.deepEqual(await buffer(await direct.read(content.key)), content.bytes);
    });

    it('a reset every time is an error, and no object stands there', async () => {
      proxy.set(() => ({ resetAfterSent: 1_000_000 }));
      await assert.rejects(storage.put(content.key, content.file), StorageUnreachable);
      assert.equal(await direct.size(content.key), undefined);
    });

    it('a changed byte is noticed by the server, and the upload repeated', async () => {
      proxy.set((connection) => (connection === 1 ? { corruptSent: 2_000_000 } : {}));
      await storage.put(content.key, content.file);
      assert.ok(proxy.connections() >= 3, 'the upload was tried twice');
      assert.deepEqual(await buffer(await direct.read(content.key)), content.bytes);
    });

    it('a changed byte every time is an error, and no object stands there', async () => {
      proxy.set((connection) => (connection > 0 ? { corruptSent: 2_000_000 } : {}));
      await assert.rejects(
        storage.put(content.key, content.file),
        /the storage cannot be reached for .*: the upload was cut or changed on its way$/,
      );
      assert.equal(await direct.size(content.key), undefined);
    });
  });
});
