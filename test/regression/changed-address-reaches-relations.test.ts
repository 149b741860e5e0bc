import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { MachineAddresses } from '../../agent/machine/addresses.js';
import { openJournal } from '../../agent/journal/journal.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** A machine whose network a test changes. */
class Network implements MachineAddresses {
  readonly #looks = new Set<() => void>();
  #address: string | undefined;

  constructor(address: string | undefined) {
    this.#address = address;
  }

  current() {
    return this.#address === undefined ? undefined : { private: this.#address, public: this.#address };
  }

  subscribe(look: () => void): () => void {
    this.#looks.add(look);
    return () => this.#looks.delete(look);
  }

  close(): void {
    this.#looks.clear();
  }

  change(address: string): void {
    this.#address = address;
    for (const look of [...this.#looks]) look();
  }
}

describe('an address of a machine that changes', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    const note = 'echo "$(relation-get private-address)" >>"$trace.saw"';
    const formula = await world.publish(1, {
      hooks: {
        'cli-relation-changed': note,
        'srv-relation-changed': note,
        // Units of `own` are reached elsewhere than their machine.
        'cli-relation-joined':
          '[ "$ENSEMBLE_SERVICE_NAME" != own ] || relation-set private-address=192.0.2.99',
      },
      files: { 'metadata.yaml': 'name: f\nrevision: 1\nprovides: {srv: thing}\nrequires: {cli: thing}\n' },
    });
    for (const service of ['db', 'web', 'own']) await world.deploy(formula, 1, service);
    for (const client of ['web:cli', 'own:cli']) {
      const names = [parseEndpointName(client), parseEndpointName('db:srv')] as const;
      await addRelation(world.coordinator, names, requester.requestedAt);
    }
  });
  afterEach(() => world.close());

  const address = async (relation: string, unit: string): Promise<string | undefined> => {
    const node = await world.coordinator.get(paths.settings(paths.meeting(relation), unit));
    return node && JSON.parse(node.value)['private-address'];
  };
  const all = async (): Promise<readonly (string | undefined)[]> =>
    Promise.all([address('0', 'web/0'), address('0', 'db/0'), address('1', 'own/0'), address('1', 'db/0')]);
  const saw = (unit: string, lines: readonly string[]): Promise<void> =>
    eventually(async () => {
      const text = await readFile(world.path('trace', `${unit}.saw`), 'utf8').catch(() => '');
      assert.deepEqual(text.split('\n').slice(0, -1), lines);
    }, 60_000);
  const come = async (expected: readonly (string | undefined)[]): Promise<void> => {
    await eventually(async () => assert.deepEqual(await all(), expected), 60_000);
  };

  it('reaches the units of its relations, unless a hook has set another', async () => {
    const network = new Network('10.0.0.7');
    await world.agent({ addresses: network });
    await come(['10.0.0.7', '10.0.0.7', '192.0.2.99', '10.0.0.7']);
    await saw('web-0', ['10.0.0.7']);
    network.change('10.0.0.8');
    await come(['10.0.0.8', '10.0.0.8', '192.0.2.99', '10.0.0.8']);
    await saw('web-0', ['10.0.0.7', '10.0.0.8']);
    await eventually(async () =>
      assert.deepEqual((await world.unit('web/0')).unit.addresses, {
        private: '10.0.0.8',
        public: '10.0.0.8',
      }),
    );
    await eventually(async () => {
      const machine = await world.coordinator.get(paths.machine('m0'));
      assert.equal(JSON.parse(machine?.value ?? '{}').addresses.private, '10.0.0.8');
    });
    network.change('10.0.0.9');
    network.change('10.0.0.7');
    await come(['10.0.0.7', '10.0.0.7', '192.0.2.99', '10.0.0.7']);
    const { stdout } = await ensemble(world, 'run', 'web/0', '--', 'unit-get', 'private-address');
    assert.equal(stdout, '10.0.0.7\n');
  });

  it('while the agent is away is told when it is back', async () => {
    const agent = await world.agent({ addresses: new Network('10.0.0.7') });
    await saw('web-0', ['10.0.0.7']);
    await agent.stop();
    await world.agent({ addresses: new Network('10.0.0.8') });
    await come(['10.0.0.8', '10.0.0.8', '192.0.2.99', '10.0.0.8']);
    await saw('web-0', ['10.0.0.7', '10.0.0.8']);
  });

  it('is told too where an agent of release 0.1.0 set the one before', async () => {
    const agent = await world.agent({ addresses: new Network('10.0.0.7') });
    await saw('web-0', ['10.0.0.7']);
    await eventually(async () => assert.ok((await world.unit('web/0')).unit.addresses));
    await agent.stop();
    const journal = openJournal(world.path('machines', 'm0', 'journal'));
    const { units, relations } = journal.load();
    for (const { addresses: _, ...record } of relations) {
      const unit = units.find((each) => each.unit === record.unit);
      assert.ok(unit);
      await journal.write(unit, record);
    }
    await journal.close();
    await world.agent({ addresses: new Network('10.0.0.8') });
    await come(['10.0.0.8', '10.0.0.8', '192.0.2.99', '10.0.0.8']);
  });

  it('is none where none is found: nothing is published, and it is said, until there is one', async () => {
    const network = new Network(undefined);
    await world.agent({ addresses: network });
    await come([undefined, undefined, '192.0.2.99', undefined]);
    assert.equal((await world.unit('web/0')).unit.addresses, undefined);
    const machines = await ensemble(world, 'machines');
    assert.match(machines.stdout, /^m0 +up .* none found +/m);
    assert.match(
      (await ensemble(world, 'status')).stdout,
      /^m0 has no address that other machines could reach it by: /m,
    );
    assert.equal((await ensemble(world, 'run', 'web/0', '--', 'unit-get', 'private-address')).stdout, '');
    network.change('10.0.0.8');
    await come(['10.0.0.8', '10.0.0.8', '192.0.2.99', '10.0.0.8']);
    await eventually(async () => assert.doesNotMatch((await ensemble(world, 'status')).stdout, /no address/));
  });

  it('is what the operator says, on the command line or in environments.yaml', async () => {
    await world.agentProcess('m0', { options: ['--address', '2001:db8::7'] });
    await come(['2001:db8::7', '2001:db8::7', '192.0.2.99', '2001:db8::7']);
  });
});
