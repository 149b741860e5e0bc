import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTree } from '../../../control/export/read-tree.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../state/coordination/open.js';
import { bootstrapTree } from '../../../state/model/layout.js';
import { paths } from '../../../state/model/paths.js';
import { treeRoots } from '../../../state/model/tree-roots.js';

describe('a tree as it was at one moment', () => {
  let directory: string;
  let coordinator: Coordinator;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-tree-'));
    coordinator = await openCoordinator(`embedded:${directory}`);
    await bootstrapTree(coordinator);
    await coordinator.create('/units/f-0', '{"made":0}');
    await coordinator.create('/units/f-0/status', '{"count":0}');
  });
  afterEach(async () => {
    await coordinator.close();
    await rm(directory, { recursive: true });
  });

  /** The same coordinator, where somebody else does something before each reading of nodes, as long as there is something. */
  const beside = (deeds: Iterator<() => Promise<unknown>>): Coordinator =>
    new Proxy(coordinator, {
      get(target, name) {
        if (name === 'getMany')
          return async (asked: readonly string[]) => {
            const { done, value } = deeds.next();
            if (done !== true) await value();
            return target.getMany(asked);
          };
        const member: unknown = Reflect.get(target, name);
        return member instanceof Function ? member.bind(target) : member;
      },
    });

  it('has all that outlives sessions, parents first', async () => {
    await coordinator.create('/units/f-0/debug', '{}', { ephemeral: true });
    const tree = [...(await readTree(coordinator)).keys()];
    assert.deepEqual(tree, [paths.layout, ...treeRoots, '/units/f-0', '/units/f-0/status']);
  });

  it('is read until nothing changed in between', async () => {
    function* deeds() {
      for (let count = 1; count <= 12; count += 1)
        yield () => coordinator.set('/units/f-0/status', `{"count":${count}}`);
      yield () => coordinator.create('/units/f-0/upgrade', '{}');
      yield () =>
        coordinator.transaction([
          { kind: 'remove', path: '/units/f-0/status' },
          // The version is that of the first one again.
          { kind: 'create', path: '/units/f-0/status', value: '{"count":"anew"}' },
        ]);
      yield () => coordinator.remove('/units/f-0/upgrade');
    }
    const tree = await readTree(beside(deeds()));
    assert.deepEqual(
      [...tree].slice(-2).map(([path, { value }]) => [path, value]),
      [
        ['/units/f-0', '{"made":0}'],
        ['/units/f-0/status', '{"count":"anew"}'],
      ],
    );
  });

  it('is given up where it never rests, by the path of what changes, and read once it does rest', async () => {
    function* deeds() {
      for (let count = 1; ; count += 1)
        yield () => coordinator.set('/units/f-0/status', `{"count":${count}}`);
    }
    await assert.rejects(readTree(beside(deeds())), { code: 'tree-unsettled', path: '/units/f-0/status' });
    assert.match((await readTree(coordinator)).get('/units/f-0/status')?.value ?? '', /count/);
  });
});
