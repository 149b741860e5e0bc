import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openLog } from '../../agent/contract/log.js';
import { leadRollouts } from '../../agent/leader/lead-rollouts.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { removeRelation } from '../../control/remove/remove-relation.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { writingBy } from '../../state/coordination/writing-by.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { readServiceHistory } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import { relationSchema } from '../../state/model/relation-schemas.js';
import { removalSchema } from '../../state/model/request-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { createService, unitsOfService } from '../../state/model/services.js';
import { systemClock } from '../../state/platform/clock.js';
import { FakeAgent } from '../cli/fake-agent.js';
import { useSandbox } from '../cli/sandbox.js';
import { eventually } from '../eventually.js';
import { publishFormula, relate } from '../state/model/relation-tree.js';
import { addMachine, now, requester, useTree } from '../state/model/tree.js';
import { useBundle } from '../use-bundle.js';

/** Waits of the leader are short. */
const hasty = {
  ...systemClock,
  after: (ms: number, callback: () => void) => systemClock.after(Math.min(ms, 20), callback),
};

/** Leads, as an agent does, until `reached` holds. */
async function ledUntil(coordinator: Coordinator, reached: () => Promise<void>): Promise<void> {
  const said: string[] = [];
  const log = openLog((line) => said.push(line), 'human', Date.now, false);
  const leading = leadRollouts({ coordinator, agentId: 'a', clock: hasty, random: () => 0, log });
  try {
    await eventually(reached);
  } finally {
    await leading.close();
  }
  assert.deepEqual(said, []);
}

/** A coordinator to which nothing more is written after so many writes. */
function dyingAfter(coordinator: Coordinator, writes: number): Coordinator {
  let left = writes;
  return writingBy(coordinator, async (operations) => {
    left -= 1;
    if (left < 0) throw new Error('died');
    await coordinator.transaction(operations);
  });
}

/** @returns whether it died */
async function dies(act: Promise<unknown>): Promise<boolean> {
  try {
    await act;
    return false;
  } catch (error) {
    assert.match(String(error), /died/);
    return true;
  }
}

describe('a removal that was marked, and whose command died then', function () {
  this.timeout(120_000);
  const tree = useTree();
  beforeEach(async () => {
    await addMachine(tree.one, 'm0');
    await publishFormula(tree.one, 'app', { provides: { web: 'http' } });
    await publishFormula(tree.one, 'log', {
      subordinate: true,
      requires: { host: { interface: 'ensemble-info', scope: 'container' } },
    });
  });

  /** Two units of `app<n>`, with a unit of `log<n>` beside each. @returns the relation's number */
  async function related(n: number): Promise<string> {
    for (const name of ['app', 'log'])
      await createService(
        tree.one,
        `${name}${n}`,
        { formula: `p:${name}-1`, repository: { name: 'p', path: '/p' } },
        {},
      );
    await addUnits(tree.one, `app${n}`, 2, now);
    return (await relate(tree.one, `log${n}:host`, `app${n}`)).number;
  }

  const removalOf = async (unit: string) =>
    (await readEntity(tree.one, paths.removal(unit), removalSchema))?.value;
  const asked = async (...services: readonly string[]): Promise<void> => {
    for (const unit of (await Promise.all(services.map((name) => unitsOfService(tree.one, name)))).flat())
      assert.ok(await removalOf(unit), `${unit} is asked`);
  };
  const recorded = async (service: string, what: string): Promise<number> =>
    (await readServiceHistory(tree.one, service)).filter((entry) => entry.what === what).length;

  it('of a service asks all units as the command would have, after a death at any of its writes', async () => {
    let deaths = 0;
    for (let n = 0; ; n += 1) {
      await related(n);
      const removal = { ...requester, keepData: true };
      if (!(await dies(destroyService(dyingAfter(tree.one, n), `app${n}`, removal)))) break;
      const marked = (await readEntity(tree.one, paths.service(`app${n}`), serviceSchema))?.value.destroying;
      if (marked !== true) continue;
      deaths += 1;
      await ledUntil(tree.two, () => asked(`app${n}`, `log${n}`));
      assert.deepEqual(await removalOf(`app${n}/1`), removal);
      assert.equal(await recorded(`app${n}`, 'destroy-service'), 1, 'it is on record once');
    }
    assert.ok(deaths > 4, `only ${deaths} deaths`);
  });

  it('of a relation asks the subordinates that it placed, after a death at any of its writes', async () => {
    let deaths = 0;
    for (let n = 0; ; n += 1) {
      const number = await related(n);
      if (!(await dies(removeRelation(dyingAfter(tree.one, n), number, requester)))) break;
      const marked = (await readEntity(tree.one, paths.relation(number), relationSchema))?.value.removing;
      if (marked !== true) continue;
      deaths += 1;
      await ledUntil(tree.two, () => asked(`log${n}`));
      assert.equal(await removalOf(`app${n}/0`), undefined, 'the others stay');
      assert.equal(await recorded(`app${n}`, 'remove-relation'), 1, 'it is on record once');
    }
    assert.ok(deaths > 2, `only ${deaths} deaths`);
  });

  it('leaves a unit that is asked already as it was asked', async () => {
    await related(0);
    const purge = { ...requester, purge: true };
    await requestRemoval(tree.one, ['app0/0'], purge);
    // It dies after its mark.
    let n = 0;
    const isMarked = async () =>
      (await readEntity(tree.one, paths.service('app0'), serviceSchema))?.value.destroying === true;
    for (; !(await isMarked()); n += 1)
      assert.ok(await dies(destroyService(dyingAfter(tree.one, n), 'app0', requester)));
    await ledUntil(tree.two, () => asked('app0', 'log0'));
    assert.deepEqual(await removalOf('app0/0'), purge);
    assert.deepEqual(await removalOf('app0/1'), requester);
  });

  it('by a command of release 0.1.0, which says nothing of its data, is left to that command', async () => {
    await related(0);
    await related(1);
    const found = await readEntity(tree.one, paths.service('app0'), serviceSchema);
    assert.ok(found);
    await tree.one.set(paths.service('app0'), nodeValue({ ...found.value, destroying: true }));
    let n = 0;
    const isMarked = async () =>
      (await readEntity(tree.one, paths.service('app1'), serviceSchema))?.value.destroying === true;
    for (; !(await isMarked()); n += 1)
      assert.ok(await dies(destroyService(dyingAfter(tree.one, n), 'app1', requester)));
    await ledUntil(tree.two, () => asked('app1'));
    assert.equal(await removalOf('app0/0'), undefined);
  });
});

describe('a command that removes', function () {
  this.timeout(120_000);
  const killable = useBundle('test/cli/die-at-write.js', 'cli/main.js');
  const world = useSandbox();

  it('and is killed after its mark is finished without it', async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('app', 1);
    const coordinator = await box.coordinator();
    await (await new FakeAgent(coordinator).register()).up();
    const deployed = await box.run('deploy', '--no-wait', '--repository', 'principia', '-n', '2', 'app');
    assert.equal(deployed.code, 0, deployed.stderr);
    const units = () => Promise.all(['app/0', 'app/1'].map((unit) => coordinator.get(paths.removal(unit))));
    const isMarked = async () =>
      (await readEntity(coordinator, paths.service('app'), serviceSchema))?.value.destroying === true;
    for (let write = 1; !(await isMarked()); write += 1) {
      const child = spawn(process.execPath, [killable.program, 'destroy-service', '--keep-data', 'app'], {
        cwd: box.directory,
        env: {
          PATH: process.env.PATH,
          HOME: box.directory,
          ENSEMBLE_HOME: box.home,
          DIE_AT: `${write} after`,
        },
        stdio: 'ignore',
      });
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
    }
    assert.deepEqual(await units(), [undefined, undefined], 'no unit was asked');
    await ledUntil(coordinator, async () => {
      for (const removal of await units()) assert.equal(JSON.parse(removal?.value ?? '{}').keepData, true);
    });
  });
});
