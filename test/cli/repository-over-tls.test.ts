import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { connect, createServer as createProxy, type Server as TcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { filesOf } from '../servers/web-server.js';
import { useSandbox } from './sandbox.js';

/** A server's certificate for these names, by an authority of its own that nobody knows. */
function makeCertificates(directory: string): void {
  const openssl = (line: string): void =>
    void execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'ignore' });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Ours`);
  openssl(
    `req -x509 ${key} -keyout server.key -out server.pem -days 2 -subj /CN=formulas.test -CA ca.pem -CAkey ca.key -addext subjectAltName=DNS:formulas.test,DNS:localhost -addext basicConstraints=critical,CA:FALSE`,
  );
}

describe('a repository on a server with a certificate of an own authority', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let server: Server;
  let proxy: TcpServer;
  /** What the proxy was asked for. */
  let through: string[];
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
    await world.box.ok('index', 'principia');
    makeCertificates(world.box.directory);
    const read = (name: string): Buffer => readFileSync(join(world.box.directory, name));
    const answering = filesOf(world.box.directory);
    server = createServer(
      { key: read('server.key'), cert: read('server.pem') },
      (request, response) => void answering(request, response),
    );
    through = [];
    // As proxies do: it is asked to CONNECT, and hands on what comes then.
    proxy = createProxy((client) => {
      client.once('data', (head) => {
        through.push(head.toString().split('\r\n')[0] ?? '');
        const onward = connect(port(server), '127.0.0.1', () => {
          client.write('HTTP/1.1 200 OK\r\n\r\n');
          client.pipe(onward).pipe(client);
        });
        for (const socket of [client, onward]) socket.on('error', () => undefined);
      });
    });
    for (const each of [server, proxy]) {
      each.on('connection', (socket: Socket) => sockets.add(socket));
      await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
    }
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    for (const each of [server, proxy]) await new Promise((resolve) => each.close(resolve));
  });

  const formulas = (host: string, variables: NodeJS.ProcessEnv) =>
    world.box.start(['formulas', `https://${host}/principia/`], variables).ended;
  const trusting = (): NodeJS.ProcessEnv => ({ NODE_EXTRA_CA_CERTS: join(world.box.directory, 'ca.pem') });

  it('is read with NODE_EXTRA_CA_CERTS, and is unknown without', async () => {
    const host = `localhost:${port(server)}`;
    const refused = await formulas(host, {});
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /cannot be asked: its certificate is not trusted/);
    const { code, stdout, stderr } = await formulas(host, trusting());
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^guestbook +1 /m);
  });

  it('is asked through HTTPS_PROXY, from end to end, but for the hosts of NO_PROXY', async () => {
    const proxied = { ...trusting(), HTTPS_PROXY: `http://127.0.0.1:${port(proxy)}` };
    const far = await formulas('formulas.test', proxied);
    assert.equal(far.code, 0, far.stderr);
    assert.match(far.stdout, /^guestbook +1 /m);
    assert.deepEqual(through, ['CONNECT formulas.test:443 HTTP/1.1']);
    const near = await formulas(`localhost:${port(server)}`, { ...proxied, NO_PROXY: 'localhost' });
    assert.equal(near.code, 0, near.stderr);
    assert.equal(through.length, 1, 'that one was asked by itself');
    const untrusted = await formulas('formulas.test', { ...proxied, NODE_EXTRA_CA_CERTS: '' });
    assert.match(untrusted.stderr, /its certificate is not trusted/, 'a proxy vouches for nobody');
  });
});

function port(server: Server | TcpServer): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}
