import assert from 'node:assert/strict';
import { fencedCoordinator } from '../../../agent/tree/fenced-coordinator.js';
import { Ownership } from '../../../agent/tree/ownership.js';
import { systemClock } from '../../../state/platform/clock.js';
import { OutcomeUnknown } from '../../../state/coordination/errors.js';
import { paths } from '../../../state/model/paths.js';
import { eventuallyTrue } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';
import { claimMemory, identityOf, TreeFixture } from './tree-fixture.js';

const allowed = (): void => undefined;

describe('the ownership of a machine', () => {
  let tree: TreeFixture;
  let open: Ownership[];
  beforeEach(async () => {
    tree = await TreeFixture.open();
    open = [];
  });
  afterEach(async () => {
    for (const ownership of open) ownership.close();
    await tree.close();
  });

  async function taken(agentId: string, clock = systemClock): Promise<Ownership> {
    const parts = { clock, random: Math.random, log: tree.log, memory: claimMemory() };
    const ownership = new Ownership(tree.coordinator(), identityOf('m0', agentId), parts);
    open.push(ownership);
    await ownership.take(allowed);
    return ownership;
  }

  it('is checked in every write, in the same request', async () => {
    const fenced = fencedCoordinator(tree.coordinator(), await taken('a'), systemClock);
    tree.transactions.splice(0);
    await fenced.create('/one', '1');
    assert.equal(await fenced.set('/one', '2', 0), 1);
    assert.equal(await fenced.set('/one', '3'), 2);
    await fenced.transaction([{ kind: 'create', path: '/two', value: '{}' }]);
    await fenced.remove('/one', 2);
    assert.deepEqual(
      tree.transactions.map(([check, ...rest]) => [check?.kind, rest.map(({ kind }) => kind)]),
      [
        ['check', ['create']],
        ['check', ['set']],
        ['check', ['set']],
        ['check', ['create']],
        ['check', ['remove']],
      ],
    );
  });

  it('is taken again where its claim is gone with the machine, though the disk that remembers it is full at first', async () => {
    const memory = claimMemory();
    const ownership = new Ownership(tree.coordinator(), identityOf('m0', 'a'), {
      clock: systemClock,
      random: () => 0,
      log: tree.log,
      memory: {
        ...memory,
        async remember(claim) {
          refusals += 1;
          if (refusals === 2) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
          return memory.remember(claim);
        },
      },
    });
    let refusals = 0;
    open.push(ownership);
    await ownership.take(allowed);
    const { claim } = ownership;
    await tree.coordinator().remove(claim);
    await eventuallyTrue('another claim', () => ownership.claim !== claim);
    await ownership.verify();
    assert.equal(refusals, 3);
  });

  it('is lost when another agent takes the machine: nothing more is written, and what was wanted is refused at the end', async () => {
    const ownership = await taken('a');
    const fenced = fencedCoordinator(tree.coordinator(), ownership, systemClock);
    await taken('b');
    const written = fenced.create('/late', '{}');
    const { machine, dataDirectory } = await ownership.lost;
    assert.deepEqual([machine, dataDirectory], ['m0', '/nowhere']);
    let settled = false;
    const seen = written.then(
      () => assert.fail('it was written'),
      (error: unknown) => {
        settled = true;
        return error;
      },
    );
    await fenced.get('/late');
    assert.equal(settled, false, 'an operation that failed would be taken for a failure of the unit');
    ownership.close();
    assert.equal(Reflect.get(Object(await seen), 'code'), 'machine-taken-over');
    assert.equal(await tree.real.get('/late'), undefined);
  });

  it('is found lost by watching, without a write', async () => {
    const ownership = await taken('a');
    await taken('b');
    assert.equal((await ownership.lost).code, 'machine-taken-over');
  });

  it('of the same agent id is lost too: a copy of the data directory has that', async () => {
    const ownership = await taken('a');
    await taken('a');
    await ownership.lost;
  });

  it('is taken again where the machine was removed, and the write that found it out goes through', async () => {
    const ownership = await taken('a');
    const fenced = fencedCoordinator(tree.coordinator(), ownership, systemClock);
    const before = ownership.claim;
    await tree.real.transaction(
      [before, paths.machineUnits('m0'), paths.machine('m0')].map((path) => ({ kind: 'remove', path })),
    );
    await fenced.create('/late', '{}');
    assert.notEqual(ownership.claim, before);
    assert.ok(await tree.real.get(paths.machineUnits('m0')));
  });

  it('is not lost to its own write whose answer was', async () => {
    const ownership = await taken('a');
    const fenced = fencedCoordinator(tree.coordinator(), ownership, systemClock);
    tree.faults.push({ error: new OutcomeUnknown({ path: '/machines/m0' }), applied: true });
    await tree.real.remove(ownership.claim);
    await eventuallyTrue(
      'the claim stands',
      async () => (await tree.real.get(ownership.claim)) !== undefined,
    );
    await fenced.create('/late', '{}');
  });

  it('is asked about before a hook only where nothing was written for a second', async () => {
    const clock = new ManualClock();
    const ownership = await taken('a', clock);
    const rival = await taken('b');
    // The watch would tell, and is not waited for: a process that was stopped has not heard of it yet.
    let passed = false;
    clock.advance(1_000);
    void ownership.assure().then(
      () => {
        passed = true;
      },
      () => undefined,
    );
    await ownership.lost;
    assert.equal(passed, false);
    await rival.assure();
  });
});
