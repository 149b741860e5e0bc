import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openCoordinator } from '../../state/coordination/open.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { setConfigValues } from '../../control/config/set-config.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from '../faults/formulas.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

const SECRET = 'open-sesame-4711';
const ONE = 'world:f-1';
const TWO = 'world:f-2';

interface Acl {
  readonly permission: number;
  readonly id: { readonly scheme: string; readonly id: string };
}

/** What the tests use of the package's own client, which has no types: it reads what Ensemble's client never asks. */
interface RawClient {
  connect(): void;
  close(): void;
  once(event: 'connected', listener: () => void): void;
  addAuthInfo(scheme: string, auth: Buffer): void;
  getData(path: string, done: (error: Error | null) => void): void;
  setData(path: string, data: Buffer, done: (error: Error | null) => void): void;
  create(path: string, data: Buffer, done: (error: Error | null) => void): void;
  getACL(path: string, done: (error: Error | null, acls: readonly Acl[]) => void): void;
}

const zookeeper = createRequire(import.meta.url)('node-zookeeper-client') as {
  createClient(address: string): RawClient;
};

describe('an environment with a secret, after a deploy, a relation and an upgrade', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let world: World;
  let agent: AgentProcess;

  before(async () => {
    server = await startZookeeper();
    world = await World.open({ state: `zookeeper://${server.address}/trust`, secret: SECRET });
    const bodies = {
      'upgrade-formula': `env >"$TRACE/environment"; config-get; relation-ids; ensemble-log 'as asked'
cat /proc/*/cmdline >"$TRACE/processes" 2>/dev/null
cat /proc/self/environ /proc/$$/environ /proc/$PPID/environ >"$TRACE/environs"`,
    };
    await world.publish(1, tracingFormula(world, 1));
    await world.publish(2, tracingFormula(world, 2, bodies));
    agent = await world.agentProcess('m0', { options: ['--debug'] });
    await world.deploy(ONE);
    await world.deploy(ONE, 1, 'g');
    await world.untilOn(ONE);
    const names = [parseEndpointName('f:db'), parseEndpointName('g:site')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
    await setConfigValues(world.coordinator, 'f', { title: 'mine' });
    await eventually(async () =>
      assert.ok((await world.trace()).some((line) => line.startsWith('end db-relation-changed'))),
    );
    await world.upgrade(TWO);
    await world.untilOn(TWO);
  });
  after(async () => {
    await world.close();
    await server.stop();
  });

  async function everyPath(path = '/'): Promise<readonly string[]> {
    const children = (await world.coordinator.children(path)) ?? [];
    const below = await Promise.all(
      children.map((name) => everyPath(path === '/' ? `/${name}` : `${path}/${name}`)),
    );
    return [path, ...below.flat()];
  }

  it('every node belongs to those who have the secret, and to nobody else', async () => {
    const paths = await everyPath();
    assert.ok(paths.length > 30, `${paths.length} nodes`);
    const client = zookeeper.createClient(server.address);
    const connected = new Promise<void>((resolve) => client.once('connected', resolve));
    client.connect();
    await connected;
    client.addAuthInfo('digest', Buffer.from(`ensemble:${SECRET}`));
    try {
      for (const path of paths) {
        const acls = await new Promise<readonly Acl[]>((resolve, reject) =>
          client.getACL(path === '/' ? '/trust' : `/trust${path}`, (error, found) =>
            error ? reject(error) : resolve(found),
          ),
        );
        assert.deepEqual(
          acls.map(({ id }) => [id.scheme, id.id.split(':')[0]]),
          [['digest', 'ensemble']],
          path,
        );
      }
    } finally {
      client.close();
    }
  });

  it('a client without it can neither read config nor flag units, nor write anywhere', async () => {
    await assert.rejects(openCoordinator(world.state, { requestTimeout: 3_000 }), { code: 'access-denied' });
    // Nor by a client that is not Ensemble's own and asks node by node.
    const stranger = zookeeper.createClient(server.address);
    const connected = new Promise<void>((resolve) => stranger.once('connected', resolve));
    stranger.connect();
    await connected;
    const refused = (ask: (done: (error: Error | null) => void) => void): Promise<string> =>
      new Promise((resolve) => ask((error) => resolve(error?.message ?? 'allowed')));
    try {
      for (const path of await everyPath()) {
        const full = path === '/' ? '/trust' : `/trust${path}`;
        assert.match(await refused((done) => stranger.getData(full, done)), /NO_AUTH/, `reads ${path}`);
        assert.match(
          await refused((done) => stranger.setData(full, Buffer.from('{}'), done)),
          /NO_AUTH/,
          `sets ${path}`,
        );
        assert.match(
          await refused((done) => stranger.create(`${full}/upgrade`, Buffer.from('{}'), done)),
          /NO_AUTH/,
          `flags ${path}`,
        );
      }
    } finally {
      stranger.close();
    }
  });

  it("the agent's directory, socket, journal and session are its user's alone", async () => {
    const root = world.path('machines', 'm0');
    const mode = async (name: string): Promise<number> => (await lstat(join(root, name))).mode & 0o777;
    assert.equal(await mode('.'), 0o700);
    for (const name of ['journal', 'cache', 'runs']) assert.equal(await mode(name), 0o700, name);
    for (const name of ['agent.sock', 'session', 'agent.pid', 'agent-id'])
      assert.equal(await mode(name), 0o600, name);
  });

  it('the secret is in no log, no command’s answer, no environment of a process and no list of processes', async () => {
    const said = [
      await readFile(world.path('trace', 'environment'), 'utf8'),
      await readFile(world.path('trace', 'processes'), 'utf8'),
      await readFile(world.path('trace', 'environs'), 'latin1'),
      ...['cmdline', 'environ'].map((name) => readFileSync(`/proc/${agent.pid}/${name}`, 'latin1')),
      JSON.stringify(agent.lines()),
      agent.stderr(),
      ...(await Promise.all(
        [
          ['status', '--format', 'json'],
          ['history'],
          ['debug-log'],
          ['machines', '--debug'],
          ['get', 'f', '--debug'],
        ].map(async (words) => {
          const { code, stdout, stderr } = await ensemble(world, ...words);
          assert.equal(code, 0, stderr);
          return stdout + stderr;
        }),
      )),
      ...(await Promise.all(
        (await everyPath()).map(async (path) => (await world.coordinator.get(path))?.value ?? ''),
      )),
      ...filesBelow(world.path('machines')).map((file) => readFileSync(file, 'latin1')),
    ];
    for (const text of said) assert.ok(!text.includes(SECRET));
    assert.ok(
      said.some((text) => text.includes('ENSEMBLE_CLIENT_ID')),
      'the environment of a hook was looked at',
    );
    assert.ok(agent.lines().length > 10, 'the log of the agent was looked at');
    assert.ok((await readdir(world.path('machines', 'm0', 'units', 'f-0', 'log'))).length > 0);
  });
});

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}
