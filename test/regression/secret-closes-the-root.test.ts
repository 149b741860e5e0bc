import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { AgentProcess } from '../agent/agent-process.js';
import { runIn } from '../cli/run-in.js';

const SECRET = 'correct horse battery';

interface RawAcl {
  readonly permission: number;
  readonly id: { readonly scheme: string; readonly id: string };
}

/** What is used of the package's own client: it sets what Ensemble's client never does. */
interface RawClient {
  connect(): void;
  close(): void;
  once(event: 'connected', listener: () => void): void;
  addAuthInfo(scheme: string, auth: Buffer): void;
  setACL(path: string, acls: readonly unknown[], version: number, done: (error: Error | null) => void): void;
}
const zookeeper = createRequire(import.meta.url)('node-zookeeper-client') as {
  createClient(address: string): RawClient;
  readonly ACL: new (permission: number, id: unknown) => RawAcl;
  readonly Id: new (scheme: string, id: string) => unknown;
};

describe('a secret on ZooKeeper closes the root', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let home: string;
  const opened: Coordinator[] = [];
  beforeEach(async () => {
    server = await startZookeeper();
    home = await mkdtemp(join(tmpdir(), 'ensemble-root-'));
  });
  afterEach(async () => {
    for (const coordinator of opened.splice(0)) await coordinator.close();
    await server.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  });

  async function open(path: string, secret?: string): Promise<Coordinator> {
    const coordinator = await openCoordinator(`zookeeper://${server.address}${path}`, {
      requestTimeout: 5_000,
      ...(secret !== undefined && { secret }),
    });
    opened.push(coordinator);
    return coordinator;
  }

  /** Writes the file of environments, whose only one is at `path`. */
  async function environment(path: string, storage = `file:${home}/storage`, secret = SECRET): Promise<void> {
    const lines = [
      'environments:',
      '  e:',
      `    state: zookeeper://${server.address}${path}`,
      `    storage: ${storage}`,
      ...(secret === '' ? [] : [`    secret: ${secret}`]),
    ];
    await writeFile(join(home, 'environments.yaml'), `${lines.join('\n')}\n`);
    await chmod(join(home, 'environments.yaml'), 0o600);
  }

  const run = (...words: readonly string[]): ReturnType<typeof runIn> => runIn(home, ...words);

  /** What anybody can do at a path. */
  async function strangerCan(path: string): Promise<readonly string[]> {
    const can: string[] = [];
    const stranger = await open('');
    for (const [what, act] of [
      ['create', () => stranger.create(`${path}/evil`, 'x')],
      ['remove', () => stranger.remove(`${path}/unplaced`)],
      ['write', () => stranger.set(`${path}/layout`, '{}')],
    ] as const)
      await act().then(
        () => can.push(what),
        () => undefined,
      );
    return can;
  }

  it('that was made beforehand, and the server’s own where nobody else is', async () => {
    const admin = await open('');
    await admin.create('/pre', '');
    await environment('/pre');
    const { code, stderr } = await run('bootstrap');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^anyone could write to \/; now only who has the secret can\n/);
    assert.deepEqual(await strangerCan('/pre'), []);
    assert.equal((await run('status')).stderr, '');

    await environment('');
    const shared = await run('bootstrap');
    assert.equal(shared.code, 1);
    assert.match(
      shared.stderr,
      /^ensemble: anyone may write to the root of \S+, and it cannot be closed, as others keep \/pre there\n {2}try: give/,
    );
    const owner = await open('', SECRET);
    await assert.rejects(bootstrapTree(owner), { code: 'path-shared', foreign: ['/pre'] });
    assert.deepEqual(await owner.protection?.open(['/']), ['/'], 'nor was it closed');
    const other = await startZookeeper();
    try {
      await writeFile(
        join(home, 'environments.yaml'),
        `environments:\n  e: {state: "zookeeper://${other.address}", storage: "file:${home}/s", secret: ${SECRET}}\n`,
      );
      assert.equal((await run('bootstrap')).code, 0);
      const stranger = await openCoordinator(`zookeeper://${other.address}`);
      assert.ok(
        (await stranger.children('/'))?.includes('layout'),
        'others may still look for what is theirs',
      );
      for (const act of [() => stranger.create('/evil', ''), () => stranger.remove('/layout')])
        await assert.rejects(act(), { code: 'access-denied' });
      await stranger.close();
    } finally {
      await other.stop();
    }
  });

  it('and what was planted in it: empty places are taken over, others refused, all named', async () => {
    const evil = await open('/d');
    await evil.create('/services', '{}');
    await environment('/d');
    const taken = await run('bootstrap');
    assert.match(taken.stderr, /^anyone could write to \/, \/services; now only who has the secret can\n/);
    await assert.rejects(evil.create('/services/web', '{}'), { code: 'access-denied' });

    const worse = await open('/worse');
    await worse.create('/services', '{}');
    await worse.create('/services/web', '{"formula":"a"}');
    await environment('/worse');
    const { code, stderr } = await run('bootstrap');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^ensemble: \S+\/worse is not bootstrapped, and holds what anyone may have put there: \/services\/web\n/,
    );
    assert.equal(await worse.get('/layout'), undefined, 'nothing was written');
  });

  it('of an environment that gets a secret later, with all that is in it; till then the agent and commands say so', async () => {
    await environment('/late', undefined, '');
    assert.equal((await run('bootstrap')).code, 0);
    await environment('/late');
    const agent = new AgentProcess(home, 'm0');
    try {
      await agent.up();
      await agent.logged('anyone may write to /services of zookeeper://');
      await agent.logged('anyone may write to / of zookeeper://');
      const machines = await run('machines');
      assert.equal(machines.code, 0);
      assert.match(
        machines.stderr,
        /^warning: anyone may write to \/ of \S+\/late, whatever the secret; close it with: ensemble bootstrap\n/,
      );
      const { code, stderr } = await run('bootstrap');
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^anyone could write to \/, .* and \d+ more nodes; now only who has the secret can\n/,
      );
      assert.equal((await run('machines')).stderr, '');
      assert.deepEqual(await strangerCan('/late'), []);
    } finally {
      await agent.kill();
    }
  });

  it('or says who has to, where it is another’s', async () => {
    const admin = await open('');
    await admin.create('/theirs', '');
    const raw = zookeeper.createClient(server.address);
    const connected = new Promise<void>((resolve) => raw.once('connected', resolve));
    raw.connect();
    await connected;
    // Create, remove, read, write; but not to change the list.
    const acl = new zookeeper.ACL(15, new zookeeper.Id('world', 'anyone'));
    await new Promise<void>((resolve, reject) =>
      raw.setACL('/theirs', [acl], -1, (error) => (error ? reject(error) : resolve())),
    );
    raw.close();
    await environment('/theirs');
    const { code, stderr } = await run('bootstrap');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^ensemble: anyone may write to \/ of \S+\/theirs, whatever the secret, and this user may not close it\n {2}try: /,
    );
    assert.deepEqual(await admin.children('/theirs'), [], 'nothing was written');
  });

  it('and is not claimed by a bootstrap that fails on the storage, nor by a command that only looks', async () => {
    await writeFile(join(home, 'in-the-way'), '');
    await environment('/claimed', `file:${home}/in-the-way`);
    assert.equal((await run('bootstrap')).code, 1);
    assert.match((await run('status')).stderr, /has not been bootstrapped/);
    const admin = await open('');
    assert.deepEqual(await admin.children('/'), []);
    await environment('/claimed', undefined, 'another secret');
    assert.equal((await run('bootstrap')).code, 0);
    assert.ok((await readdir(join(home, 'storage'))).length > 0);
  });
});
