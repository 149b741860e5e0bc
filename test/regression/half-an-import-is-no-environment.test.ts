import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapEnvironment } from '../../control/environment/bootstrap.js';
import { exportText, parseExport, type Export } from '../../control/export/export-text.js';
import { type Imported, importTree } from '../../control/export/import-tree.js';
import { readTree } from '../../control/export/read-tree.js';
import { removeTree } from '../../control/remove/remove-environment.js';
import type { Session } from '../../control/session.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { requireLayout } from '../../state/model/layout.js';
import { paths } from '../../state/model/paths.js';
import { openStorage } from '../../state/storage/open.js';
import { addMachine, addService, requester, useTree } from '../state/model/tree.js';

class Killed extends Error {}

const FILE = '/exports/it is big.export';

/** What a command that is killed before its write number `lives` can write. */
function mortal(coordinator: Coordinator, lives: number): Coordinator {
  let left = lives;
  return new Proxy(coordinator, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (!(member instanceof Function)) return member;
      if (!['transaction', 'create', 'set', 'remove'].includes(String(name))) return member.bind(target);
      return async (...args: readonly unknown[]) => {
        left -= 1;
        if (left < 0) throw new Killed();
        return member.apply(target, args);
      };
    },
  });
}

describe('an environment that was begun to be imported or destroyed', function () {
  this.timeout(60_000);
  const source = useTree();
  let directory: string;
  let coordinator: Coordinator;
  let exported: Export;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-import-'));
    coordinator = await openCoordinator(`embedded:${join(directory, 'state')}`);
    await addMachine(source.one, 'm0', false);
    await source.one.transaction(
      Array.from({ length: 200 }, (_, index) => ({
        kind: 'create',
        path: paths.service(`s${index}`),
        value: '{"formula":"f"}',
      })),
    );
    await addService(source.one, 'f');
    exported = await exportOf(source.one);
  });
  afterEach(async () => {
    await coordinator.close();
    await rm(directory, { recursive: true, maxRetries: 10 });
  });

  async function exportOf(tree: Coordinator): Promise<Export> {
    const nodes = new Map([...(await readTree(tree))].map(([path, { value }]) => [path, value]));
    return parseExport(exportText({ exportedAt: requester.requestedAt, by: 'ann@desk', nodes }), FILE);
  }
  const session = (of: Coordinator): Session => ({
    environment: { name: 'h', state: 'embedded:x', storage: `file:${directory}/storage` },
    coordinator: of,
    choice: ' -e h',
    storage: () => openStorage(`file:${directory}/storage`),
  });
  const importInto = (of: Coordinator, what = exported): Promise<Imported> =>
    importTree(session(of), { exported: what, file: FILE, requester });
  const contents = async (): Promise<ReadonlyMap<string, string>> =>
    new Map([...(await readTree(coordinator))].map(([path, { value }]) => [path, value]));
  const unfinished = {
    code: 'environment-unfinished',
    message:
      `an import of ${FILE} was not finished in environment h: operator@test began it at ` +
      `${requester.requestedAt}, and a part stands there`,
    next: `go on: ensemble import -e h '${FILE}'; or see what ensemble destroy-environment -e h would remove`,
  };

  it('says so to everybody, is not made ready, and goes on, wherever the import is killed', async () => {
    let killed = 0;
    for (let lives = 0; ; lives += 1) {
      const isKilled = await importInto(mortal(coordinator, lives)).then(
        () => false,
        (error: unknown) => {
          assert.ok(error instanceof Killed, String(error));
          return true;
        },
      );
      if (isKilled && lives > 0) {
        await assert.rejects(requireLayout(coordinator, 'h', ' -e h'), unfinished, `after ${lives} writes`);
        await assert.rejects(
          bootstrapEnvironment(session(coordinator), () => requester),
          unfinished,
        );
        const [first] = exported.nodes.entries();
        const other = { ...exported, sha256: 'another', nodes: new Map(first === undefined ? [] : [first]) };
        await assert.rejects(importInto(coordinator, other), /that file is another export by now/);
        killed += 1;
      }
      const { made } = await importInto(coordinator);
      assert.equal(made, isKilled);
      await requireLayout(coordinator, 'h');
      const standing = await contents();
      for (const [path, value] of exported.nodes) {
        if (path !== paths.history) assert.equal(standing.get(path), value, path);
      }
      assert.deepEqual(
        [...standing.keys()].filter((path) => !exported.nodes.has(path)),
        [paths.environmentHistory],
      );
      assert.equal(await coordinator.get(paths.unfinished), undefined);
      if (!isKilled) break;
      await removeTree(coordinator);
    }
    assert.ok(killed >= 2, `${killed} kills in the middle`);
  });

  it('is held back and goes on where a removal is killed', async () => {
    await importInto(coordinator);
    await assert.rejects(removeTree(mortal(coordinator, 1), requester), Killed);
    const half = {
      code: 'environment-unfinished',
      message: /^the removal was not finished in environment h: operator@test began it/,
      next: 'go on: ensemble destroy-environment -e h --yes',
    };
    await assert.rejects(requireLayout(coordinator, 'h'), half);
    await assert.rejects(
      bootstrapEnvironment(session(coordinator), () => requester),
      half,
    );
    await assert.rejects(importInto(coordinator), half);
    await removeTree(coordinator, requester);
    assert.deepEqual(await coordinator.children('/'), []);
    assert.equal((await importInto(coordinator)).made, true);
  });

  it('is removed instead of imported where somebody wants that', async () => {
    await assert.rejects(importInto(mortal(coordinator, 1)), Killed);
    await removeTree(coordinator, requester);
    assert.deepEqual(await coordinator.children('/'), []);
    await bootstrapEnvironment(session(coordinator), () => requester);
    await assert.rejects(importInto(coordinator), {
      code: 'environment-not-empty',
      message: /\/layout is in embedded:x/,
    });
  });

  it('is there already where the same is imported again, until it has gone on', async () => {
    const both = await Promise.all([importInto(coordinator), importInto(coordinator)]);
    assert.deepEqual(both.map(({ made }) => made).sort(), [false, true]);
    for (let times = 0; times < 2; times += 1) assert.equal((await importInto(coordinator)).made, false);
    assert.equal((await importTree(session(source.two), { exported, file: FILE, requester })).made, false);
    await coordinator.set(paths.machine('m0'), '{"hostname":"other"}');
    await assert.rejects(importInto(coordinator), {
      code: 'environment-imported',
      message: `environment h is the one that ${FILE} is an export of, and has gone on since: /machines/m0 is not as it was`,
      next: 'go on with it: ensemble status',
    });
  });

  it('is imported beside agents that are at work in it already, without a write of theirs being undone', async () => {
    // The other import comes to its end, and an agent changes a node, before this one's last batch.
    let isOver = false;
    const late = new Proxy(coordinator, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name === 'getMany')
          return async (asked: readonly string[]) => {
            if (!isOver && asked.includes(paths.service('s9')) && (await target.get(paths.unfinished))) {
              isOver = true;
              await importInto(coordinator);
              await coordinator.set(paths.service('s9'), '{"formula":"newer"}');
            }
            return target.getMany(asked);
          };
        return member instanceof Function ? member.bind(target) : member;
      },
    });
    await assert.rejects(importInto(late), { code: 'environment-imported' });
    assert.ok(isOver);
    assert.equal((await coordinator.get(paths.service('s9')))?.value, '{"formula":"newer"}');
  });
});
