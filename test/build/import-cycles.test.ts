import assert from 'node:assert/strict';
import { dirname, join, normalize } from 'node:path';
import { filesUnder, textOf } from '../docs/project.js';

/** Which nodes each node leads to. */
type Graph = ReadonlyMap<string, ReadonlySet<string>>;

const rooms = ['state', 'hooks', 'control', 'agent', 'cli', 'migrate', 'watcher'];

/** What a source imports or exports from another by its relative path, types too. Imports that run later are left out. */
const STATIC_IMPORT = /^(?:import|export)\b(?:[^;]*?\bfrom)? '(\.[^']+)\.js';$/gm;

function importsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(STATIC_IMPORT)].map(([, path = '']) =>
    normalize(join(dirname(file), `${path}.ts`)),
  );
}

function graphOfFiles(): Graph {
  const files = rooms.flatMap((room) =>
    filesUnder(room)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${room}/${file}`),
  );
  return new Map(files.map((file) => [file, new Set(importsOf(file, textOf(file)))]));
}

/** The same of the folders that the files lie in. */
function graphOfFolders(files: Graph): Graph {
  const folders = new Map<string, Set<string>>();
  for (const [file, imported] of files) {
    const from = dirname(file);
    const to = folders.get(from) ?? new Set();
    folders.set(from, to);
    for (const folder of [...imported].map((each) => dirname(each))) if (folder !== from) to.add(folder);
  }
  return folders;
}

/** Some way that leads from a node back to it, in the order of its steps; undefined where there is none. */
function findCycle(graph: Graph): readonly string[] | undefined {
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (node: string): readonly string[] | undefined => {
    const at = way.indexOf(node);
    if (at >= 0) return [...way.slice(at), node];
    if (done.has(node)) return undefined;
    way.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    way.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Of a cycle of folders, which files it consists of. */
function explain(cycle: readonly string[], files: Graph): readonly string[] {
  return cycle.slice(1).map((to, index) => {
    const from = cycle[index];
    const step = [...files]
      .filter(([file]) => dirname(file) === from)
      .flatMap(([file, imported]) => [...imported].map((each) => [file, each] as const))
      .find(([, each]) => dirname(each) === to);
    return step?.join(' imports ') ?? `${from} imports ${to}`;
  });
}

describe('the imports of the source, types counted', () => {
  const files = graphOfFiles();

  it('are found: every file of the rooms is there, and all that is imported', () => {
    assert.ok(files.size > 300, `only ${files.size} files were found`);
    const imported = [...files.values()].flatMap((each) => [...each]);
    assert.ok(imported.length > 1_000, `only ${imported.length} imports were found`);
    assert.deepEqual(
      imported.filter((each) => !files.has(each)),
      [],
    );
  });

  it('lead from no file back to it', () => {
    const cycle = findCycle(files);
    assert.equal(cycle?.join(' → '), undefined);
  });

  it('lead from no folder back to it', () => {
    const cycle = findCycle(graphOfFolders(files));
    assert.equal(cycle && explain(cycle, files).join('; '), undefined);
  });

  it('would be told of where they go in a circle', () => {
    const circle = new Map([
      ['a/x.ts', new Set(['b/y.ts'])],
      ['b/y.ts', new Set(['b/z.ts'])],
      ['b/z.ts', new Set(['a/w.ts'])],
      ['a/w.ts', new Set<string>()],
    ]);
    assert.equal(findCycle(circle), undefined);
    const folders = findCycle(graphOfFolders(circle));
    assert.deepEqual(folders, ['a', 'b', 'a']);
    assert.deepEqual(explain(folders ?? [], circle), ['a/x.ts imports b/y.ts', 'b/z.ts imports a/w.ts']);
    assert.deepEqual(importsOf('a/x.ts', "import type {\n  Y,\n} from '../b/y.js';\nimport 'node:fs';\n"), [
      'b/y.ts',
    ]);
  });
});
