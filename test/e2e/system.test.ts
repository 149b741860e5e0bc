import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { freePortsInARow } from '../../examples/demo/ports.js';
import { send, Traffic } from '../../examples/demo/traffic.js';
import { World } from '../agent/world.js';
import { endProcess } from '../end-process.js';
import { eventually } from '../eventually.js';
import { embedded, servers } from './engines.js';
import { Operator } from './operator.js';

const repository = fileURLToPath(new URL('../../../examples/principia', import.meta.url));

interface Unit {
  readonly state: string;
  readonly formula: string;
  readonly message: string;
}

for (const engines of [embedded, servers()]) {
  describe(`a balancer, notes and a store under traffic, on ${engines.name}`, function () {
    this.timeout(120_000);
    let world: World;
    let operator: Operator;
    let url: string;
    let traffic: Traffic | undefined;

    before(() => engines.start());
    after(() => engines.stop());
    beforeEach(async () => {
      world = await World.open({ ...engines.environment(), bootstrapped: false });
      operator = new Operator(world.root);
      await operator.does('bootstrap');
      // Below the ports that the system gives to clients, and apart from those of tests that run at the same time.
      const base = await freePortsInARow(10, 10_000 + 10 * Math.floor(Math.random() * 2_000));
      url = `http://127.0.0.1:${base}/`;
      const ports = { balancer: base, store: base + 1, notes: base + 2 };
      for (const [service, port] of Object.entries(ports))
        await writeFile(world.path(`${service}.yaml`), `base-port: ${port}\n`);
    });
    afterEach(async () => {
      await traffic?.stop();
      traffic = undefined;
      operator.close();
      await world.close();
      for (const pid of daemons()) endProcess(pid);
    });

    /** The services outlive their agents; they all name their data directory. */
    function daemons(): readonly number[] {
      return readdirSync('/proc')
        .map(Number)
        .filter((pid) => {
          try {
            return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0${world.root}/`);
          } catch {
            return false;
          }
        });
    }

    async function units(service: string): Promise<Readonly<Record<string, Unit>>> {
      const { services } = JSON.parse(await operator.does('status', '--format', 'json'));
      return services[service]?.units ?? {};
    }

    const deploy = (service: string, formula = service): Promise<string> =>
      operator.does(
        'deploy',
        `--repository=${repository}`,
        '--config',
        world.path(`${service}.yaml`),
        formula,
        service,
      );

    /** Store, notes of revision 1 and balancer, related; resolves when a request goes all the way. */
    async function system(): Promise<void> {
      await deploy('store');
      await deploy('notes', 'notes-1');
      await deploy('balancer');
      await operator.does('add-relation', 'notes', 'store');
      await operator.does('add-relation', 'notes', 'balancer');
      await eventually(async () => assert.equal((await send(url)).status, 200), 30_000);
    }

    /** Starts the traffic, and waits until there is some. */
    async function flowing(): Promise<Traffic> {
      traffic = new Traffic(url);
      await more(traffic);
      return traffic;
    }

    /** Waits until requests that began now were answered. */
    async function more(flow: Traffic): Promise<void> {
      const wanted = flow.answered + 20;
      await eventually(() => assert.ok(flow.answered >= wanted, flow.failures.join('\n')), 30_000);
    }

    /** Waits until exactly these units answer. */
    async function servedBy(flow: Traffic, ...names: readonly string[]): Promise<void> {
      await eventually(async () => {
        flow.served();
        await more(flow);
        assert.deepEqual([...flow.served().keys()].sort(), names);
      }, 30_000);
    }

    function lostNothing(flow: Traffic): void {
      assert.deepEqual(flow.failures, [], `of ${flow.answered} requests`);
    }

    it('grows, is upgraded, and shrinks, and no request is lost', async () => {
      const agent = await world.agentProcess();
      await system();
      const flow = await flowing();

      await operator.does('add-unit', '-n', '2', 'notes');
      await servedBy(flow, 'notes/0', 'notes/1', 'notes/2');
      lostNothing(flow);

      assert.match((await send(url)).text, /revision 1/);
      await operator.does('upgrade-formula', 'notes');
      await more(flow);
      lostNothing(flow);
      await servedBy(flow, 'notes/0', 'notes/1', 'notes/2');
      for (const unit of Object.values(await units('notes')))
        assert.deepEqual(
          [unit.formula, unit.state, unit.message],
          ['principia:notes-2', 'started', 'serves the notes'],
        );
      assert.match((await send(url)).text, /revision 2/);

      await operator.does('remove-unit', 'notes/0');
      await servedBy(flow, 'notes/1', 'notes/2');
      lostNothing(flow);
      await flow.stop();
      const { text } = await send(url);
      for (const [name, written] of flow.written)
        assert.match(text, new RegExp(`^ {2}${name}, .*: ${written}$`, 'm'), 'what was confirmed is there');

      await operator.does('remove-relation', 'notes', 'balancer');
      await eventually(async () =>
        assert.equal(
          (await units('balancer'))['balancer/0']?.message,
          'knows no unit to pass requests on to',
        ),
      );
      for (const service of ['balancer', 'notes', 'store']) await operator.does('destroy-service', service);
      await eventually(async () => {
        const { services } = JSON.parse(await operator.does('status', '--format', 'json'));
        assert.deepEqual(services, {});
      }, 30_000);
      assert.equal(await agent.kill('SIGTERM'), 0);
      assert.deepEqual(daemons(), [], 'no process is left');
    });

    it('goes on while its agent is stopped, killed and started', async () => {
      const agent = await world.agentProcess();
      await system();
      const flow = await flowing();
      assert.equal(await agent.kill('SIGTERM'), 0);
      await more(flow);
      const second = await world.agentProcess();
      await more(flow);
      await second.kill();
      await more(flow);
      await world.agentProcess();
      await more(flow);
      lostNothing(flow);
      await operator.does('add-unit', 'notes');
      await servedBy(flow, 'notes/0', 'notes/1');
      lostNothing(flow);
    });

    it('goes on when its agent is killed in the middle of the upgrade', async () => {
      const agent = await world.agentProcess();
      await system();
      await operator.does('add-unit', 'notes');
      const flow = await flowing();
      await operator.does('upgrade-formula', '--no-wait', 'notes');
      await agent.logged('hook upgrade-formula runs');
      await agent.kill();
      await world.agentProcess();
      for (const unit of ['notes/0', 'notes/1']) await world.untilOn('principia:notes-2', unit);
      await servedBy(flow, 'notes/0', 'notes/1');
      lostNothing(flow);
    });

    it('goes on when the store is started anew elsewhere, which all its users are told', async () => {
      await world.agentProcess();
      await system();
      const flow = await flowing();
      const { port } = new URL(url);
      await operator.does('set', 'store', `base-port=${Number(port) + 8}`);
      await eventually(async () =>
        assert.ok((await operator.does('status')).includes(`${Number(port) + 8}/tcp`)),
      );
      await more(flow);
      lostNothing(flow);
    });
  });
}
