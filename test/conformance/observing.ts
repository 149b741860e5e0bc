import assert from 'node:assert/strict';
import type { Coordinator, Node } from '../../state/coordination/coordinator.js';
import { eventuallyTrue } from '../eventually.js';
import type { Bench } from './coordinator.js';
import { startWriter } from './writing.js';

/** That observers see the last value, each value once, and nothing after they closed. */
export function observing(bench: Bench): void {
  describe('observing', () => {
    let client: Coordinator;
    let other: Coordinator;
    beforeEach(async () => {
      [client, other] = await Promise.all([bench.open(), bench.open()]);
    });

    /** Observes `path` and keeps what was seen as `value@version`, `-` for a node that is not there. */
    const watch = (path: string): string[] => {
      const seen: string[] = [];
      client.observe(path, (node) => seen.push(show(node)));
      return seen;
    };
    const watchChildren = (path: string): string[] => {
      const seen: string[] = [];
      client.observeChildren(path, (names) => seen.push(names === undefined ? '-' : `[${names}]`));
      return seen;
    };
    const last = (seen: string[], wanted: string): Promise<void> =>
      eventuallyTrue(`${wanted} is seen`, () => seen.at(-1) === wanted);
    const noneTwice = (seen: string[]): void => {
      for (const [at, value] of seen.entries())
        assert.notEqual(value, seen[at + 1], `${value} twice in a row`);
    };

    it('begins with the value as it is, not before observe() returned', async () => {
      await other.create('/a', 'x');
      const seen = watch('/a');
      const missing = watch('/missing');
      assert.deepEqual(seen, []);
      await last(seen, 'x@0');
      await last(missing, '-');
    });

    it('goes on when the node changes, vanishes, appears again', async () => {
      const seen = watch('/a');
      await last(seen, '-');
      await other.create('/a', 'one');
      await last(seen, 'one@0');
      await other.set('/a', 'two');
      await last(seen, 'two@1');
      await other.remove('/a');
      await last(seen, '-');
      await other.create('/a', 'three');
      await last(seen, 'three@0');
      assert.deepEqual(seen, ['-', 'one@0', 'two@1', '-', 'three@0']);
    });

    it("sees the observer's own writes", async () => {
      const seen = watch('/a');
      await client.create('/a', 'one');
      await client.set('/a', 'two');
      await last(seen, 'two@1');
    });

    it('a node replaced by another of the same version is seen', async () => {
      await other.create('/a', 'first');
      const seen = watch('/a');
      await last(seen, 'first@0');
      await other.transaction([
        { kind: 'remove', path: '/a' },
        { kind: 'create', path: '/a', value: 'second' },
      ]);
      await last(seen, 'second@0');
    });

    it('the last of many quick changes is seen, each at most once', async () => {
      await other.create('/a', '0');
      const seen = watch('/a');
      await Promise.all(Array.from({ length: 300 }, (_, at) => other.set('/a', String(at + 1))));
      await last(seen, '300@300');
      noneTwice(seen);
      const versions = seen.map((value) => Number(value.split('@')[1]));
      assert.deepEqual(
        versions,
        versions.toSorted((a, b) => a - b),
        'and never an older one after a newer',
      );
    });

    it('the last of what several processes write is seen', async () => {
      await other.create('/a', 'start');
      const seen = watch('/a');
      const writers = await Promise.all(
        ['p', 'q'].map((name) => startWriter(bench, { do: 'write', path: '/a', name, times: 200 })),
      );
      for (const writer of writers) writer.begin();
      assert.deepEqual(await Promise.all(writers.map((writer) => writer.ended)), [0, 0]);
      const final = await other.get('/a');
      assert.equal(final?.version, 400);
      await last(seen, show(final));
      noneTwice(seen);
    });

    it('an observer is told of its own path alone', async () => {
      await other.create('/a', '');
      await other.create('/ab', '');
      const seen = watch('/a');
      await last(seen, '@0');
      await other.create('/a/b', '');
      await other.set('/a/b', 'x');
      await other.set('/ab', 'x');
      await other.set('/a', 'marker');
      await last(seen, 'marker@1');
      assert.deepEqual(seen, ['@0', 'marker@1']);
    });

    it('several observers of one path are each told', async () => {
      const one = watch('/a');
      const two = watch('/a');
      await last(one, '-');
      await other.create('/a', 'x');
      await last(one, 'x@0');
      await last(two, 'x@0');
    });

    it('children: begins with the names as they are', async () => {
      await other.create('/p', '');
      await other.create('/p/b', '');
      await other.create('/p/a', '');
      await last(watchChildren('/p'), '[a,b]');
      await last(watchChildren('/missing'), '-');
    });

    it('children: told when names differ, not when values do', async () => {
      const seen = watchChildren('/p');
      await last(seen, '-');
      await other.create('/p', '');
      await last(seen, '[]');
      await other.create('/p/a', '');
      await last(seen, '[a]');
      await other.set('/p', 'x');
      await other.set('/p/a', 'x');
      await other.create('/p/a/grandchild', '');
      await other.create('/p/b', '');
      await last(seen, '[a,b]');
      await other.transaction([
        { kind: 'remove', path: '/p/b' },
        { kind: 'create', path: '/p/b', value: 'same name' },
      ]);
      await other.remove('/p/a/grandchild');
      await other.remove('/p/a');
      await last(seen, '[b]');
      await other.remove('/p/b');
      await last(seen, '[]');
      await other.remove('/p');
      await last(seen, '-');
      assert.deepEqual(seen, ['-', '[]', '[a]', '[a,b]', '[b]', '[]', '-']);
    });

    it('children: the last of what several processes create and remove is seen', async () => {
      await other.create('/p', '');
      const seen = watchChildren('/p');
      const writers = await Promise.all(
        ['x', 'y'].map((name) => startWriter(bench, { do: 'children', path: '/p', name, times: 101 })),
      );
      for (const writer of writers) writer.begin();
      assert.deepEqual(await Promise.all(writers.map((writer) => writer.ended)), [0, 0]);
      await last(seen, '[x-50,y-50]');
      noneTwice(seen);
    });

    it('nothing is told after close()', async () => {
      await other.create('/a', '0');
      const looks: string[] = [];
      client.observe('/a', () => looks.push('never')).close();
      client.observeChildren('/', () => looks.push('never')).close();
      const inside = client.observe('/a', (node) => {
        looks.push(show(node));
        inside.close();
      });
      const outside = client.observe('/a', (node) => looks.push(`outside ${show(node)}`));
      await eventuallyTrue('both looked', () => looks.length === 2);
      outside.close();
      outside.close();
      const seen = watch('/a');
      await other.set('/a', '1');
      await other.create('/b', '');
      await last(seen, '1@1');
      assert.deepEqual(looks.toSorted(), ['0@0', 'outside 0@0']);
    });

    it('nothing is told after the client was closed', async () => {
      const seen = watch('/a');
      await last(seen, '-');
      await client.close();
      await other.create('/a', 'x');
      const witness: string[] = [];
      other.observe('/a', (node) => witness.push(show(node)));
      await last(witness, 'x@0');
      assert.deepEqual(seen, ['-']);
    });
  });
}

function show(node: Node | undefined): string {
  return node === undefined ? '-' : `${node.value}@${node.version}`;
}
