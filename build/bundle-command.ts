import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** Where the sources are. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);

/** Packages with native code, or so large that only who needs them shall read them: they stay where npm put them. */
const outside = /^(lmdb|@viz-js\/viz|@aws-sdk\/.*)$/;

/** An import of a package outside becomes a `require` at the moment the module that imports it is first needed. */
export const whenNeeded: Plugin = {
  name: 'when-needed',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: outside }, ({ kind, path }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'when-needed' },
    );
    onLoad({ filter: /./, namespace: 'when-needed' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }));
  },
};

/** The command's first file loads the rest through `load-run`, which knows of the compiled code. */
const compiledRun: Plugin = {
  name: 'compiled-run',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/run\.js$/ }, () => ({ path: join(root, 'build/load-run.ts') }));
  },
};

/**
 * Reading the code of lmdb and of its packages takes as long as a Node that does nothing, so the command has it in its
 * own, compiled. What is native of it stays where npm put it, and is found there as lmdb itself finds it.
 */
const compiledStore: Plugin = {
  name: 'compiled-store',
  setup({ onLoad, onResolve }) {
    const filter = /^(lmdb|node-gyp-build-optional-packages|msgpackr-extract)$/;
    onResolve({ filter }, ({ namespace, path }) => {
      if (path === 'lmdb') return { path: require.resolve(path) };
      return namespace === 'compiled-store' ? undefined : { path, namespace: 'compiled-store' };
    });
    // A native decoder that takes longer to load than it saves, even where there are ten thousand units.
    onLoad({ filter: /^msgpackr-extract$/, namespace: 'compiled-store' }, () => ({
      contents: 'module.exports = undefined',
    }));
    onLoad({ filter: /^node-gyp-build/, namespace: 'compiled-store' }, ({ path }) => ({
      contents: `
        const { existsSync, realpathSync } = require('node:fs');
        const { join } = require('node:path');
        const find = () => require.resolve.paths('lmdb').map((path) => join(path, 'lmdb')).find(existsSync);
        module.exports = () => require('${path}')(realpathSync(find()));`,
      resolveDir: dirname(require.resolve('lmdb')),
    }));
  },
};

/** Parts of Node that take milliseconds to load, and that many a command does without: loaded when first used. */
const partsWhenUsed: Plugin = {
  name: 'parts-when-used',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^(node:)?(child_process|crypto|fs\/promises)$/ }, ({ namespace, path }) =>
      namespace === 'parts-when-used' ? undefined : { path, namespace: 'parts-when-used' },
    );
    onLoad({ filter: /./, namespace: 'parts-when-used' }, ({ path }) => ({
      contents: `
        for (const name of ${JSON.stringify(Object.keys(require(path) as object))})
          Object.defineProperty(exports, name, { enumerable: true, get: () => require('${path}')[name] });`,
    }));
  },
};

export const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Not the names: errors are called by their classes' names, and lmdb's parts by their functions'.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  logLevel: 'warning',
};

/** Node starts a script sooner than a module, by about a quarter of its start. */
const script: BuildOptions = {
  ...common,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

/**
 * Writes a command in two files: `ensemble.cjs` answers `--version` by itself, and else loads `run.cjs`, made of the
 * module `run`, with the code that V8 compiled (`*.cache`) where this very release of Node runs it.
 */
export async function bundleCommand(run: string, outdir: string): Promise<void> {
  const plugins = [compiledStore, partsWhenUsed, whenNeeded];
  await build({ ...script, outdir, entryPoints: { run }, plugins });
  await build({ ...script, outdir, entryPoints: { ensemble: 'cli/main.ts' }, plugins: [compiledRun] });
}
