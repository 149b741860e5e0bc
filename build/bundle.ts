import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { compile } from './compile.js';

/*
 * Makes the commands as they are installed: each in one file, since to find and compile a hundred modules takes
 * longer than most commands. `tsc` has checked the types by then; the tests run what `tsc` wrote, and test this once.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(root, 'dist/bin');

/** Packages with native code, or so large that only who needs them shall read them: they stay where npm put them. */
const OUTSIDE = /^(lmdb|undici|@viz-js\/viz|@aws-sdk\/.*)$/;

/** An import of a package outside becomes a `require` at the moment the module that imports it is first needed. */
const whenNeeded: Plugin = {
  name: 'when-needed',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: OUTSIDE }, ({ kind, path }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'when-needed' },
    );
    onLoad({ filter: /./, namespace: 'when-needed' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }));
  },
};

/** Parts of Node that it has not loaded yet when a program starts, and that take it milliseconds. */
const SLOW_PART = /^(node:)?(child_process|crypto|fs\/promises)$/;

/** An import of a slow part of Node becomes a `require` at the moment when something of it is first used. */
const whenUsed: Plugin = {
  name: 'when-used',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: SLOW_PART }, ({ namespace, path }) =>
      namespace === 'when-used' ? { path, external: true } : { path, namespace: 'when-used' },
    );
    onLoad({ filter: /./, namespace: 'when-used' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      return {
        contents: `let part;
          const used = () => (part ??= require(${JSON.stringify(path)}));
          module.exports = { ${names.map((name) => `get ${name}() { return used().${name}; }`).join(', ')} };`,
      };
    });
  },
};

/**
 * Makes lmdb a part of the bundle, but for its native code: to load it from the files that npm installed takes a quarter
 * of the time of a short command. Of msgpackr it uses the encoder alone, without what makes streams of it and without its
 * own native code, which takes longer to load than it saves.
 */
const withLmdb: Plugin = {
  name: 'with-lmdb',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^lmdb$/ }, () => ({ path: join(root, 'node_modules/lmdb/dist/index.cjs') }));
    onResolve({ filter: /^msgpackr$/ }, () => ({ path: join(root, 'node_modules/msgpackr/pack.js') }));
    onResolve({ filter: /^node-gyp-build-optional-packages$/ }, () => ({
      path: 'lmdb',
      namespace: 'native',
    }));
    onLoad({ filter: /./, namespace: 'native' }, () => ({
      contents: "module.exports = require('./build/native-addon.ts').loadLmdb;",
      resolveDir: root,
    }));
  },
};

/** A program's first file loads the rest through `load-…`, which knows of the compiled code. */
const compiledRest = (load: string): Plugin => ({
  name: 'compiled-rest',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/run\.js$/ }, () => ({ path: join(root, 'build', load) }));
  },
});

const common: BuildOptions = {
  absWorkingDir: root,
  outdir: bin,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Not the names, unless it says so: stacks show them.
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
  define: { 'import.meta.dirname': '__dirname' },
};

// Code compiled from an older bundle must never meet a newer one: V8 tells them apart by their length alone.
await rm(bin, { recursive: true, force: true });
// A script gives the function to whoever has it compiled; `require` has it called. So nobody copies the text to wrap it.
const CALL =
  '(typeof module === "object" ? (run) => run(module, exports, require, __filename, __dirname) : (run) => run)';
const rest: BuildOptions = {
  ...script,
  banner: { js: `${CALL}(function (module, exports, require, __filename, __dirname) {` },
  footer: { js: '})' },
  plugins: [withLmdb, whenNeeded, whenUsed],
};
// Each command reads all of it, and short names sooner. Stacks of --debug still tell the file and the line.
await build({ ...rest, entryPoints: { run: 'cli/run.ts' }, minifyIdentifiers: true });
await build({ ...rest, entryPoints: { agent: 'agent/run.ts' } });
// Answers `--version` by itself.
await build({ ...script, entryPoints: { ensemble: 'cli/main.ts' }, plugins: [compiledRest('load-run.ts')] });
await build({
  ...common,
  format: 'esm',
  banner: {
    js: [
      "import { createRequire } from 'node:module';",
      'const require = createRequire(import.meta.url), __dirname = import.meta.dirname;',
    ].join(' '),
  },
  entryPoints: { 'ensemble-agent': 'agent/main.ts' },
  plugins: [compiledRest('load-agent.ts')],
});
await build({ ...script, entryPoints: { 'ensemble-migrate': 'migrate/main.ts' }, plugins: [whenNeeded] });
await build({ ...script, entryPoints: { 'ensemble-watcher': 'watcher/main.ts' }, plugins: [whenNeeded] });
await compile(bin);
