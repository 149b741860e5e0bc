import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/**
 * Takes the native code from where npm puts it for this platform, the Node that runs and glibc, and lets lmdb's own
 * search find it only where that is not it: the search reads directories, and asks Node which C library it has.
 */
const native = (search: string): string => `
  const { existsSync, realpathSync } = require('node:fs');
  const { join } = require('node:path');
  const { arch, platform, versions } = process;
  const place = require.resolve.paths('lmdb').find((path) => existsSync(join(path, 'lmdb')));
  const file = join(place, '@lmdb', 'lmdb-' + platform + '-' + arch, 'node.abi' + versions.modules + '.glibc.node');
  module.exports = () => {
    const loaded = { exports: {} };
    try {
      process.dlopen(loaded, file);
      return loaded.exports;
    } catch {
      return require('${search}')(realpathSync(join(place, 'lmdb')));
    }
  };`;

/** What lmdb asks of two parts of Node; to load the whole of them takes Node half a millisecond. */
const parts: Readonly<Record<string, string>> = {
  'node:module': 'exports.createRequire = () => require;',
  'node:os': `
    exports.arch = () => process.arch;
    exports.platform = () => process.platform;
    exports.endianness = () => new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'LE' : 'BE';
    exports.tmpdir = () => require('node:os').tmpdir();`,
};

/**
 * Reading the code of lmdb and of its packages takes as long as a Node that does nothing, so the command has it in its
 * own, compiled, and nothing beside it that lmdb is not used for.
 */
export const compiledStore: Plugin = {
  name: 'compiled-store',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^lmdb$/ }, ({ path }) => ({ path: require.resolve(path) }));
    onResolve({ filter: /^node-gyp-build-optional-packages$/ }, ({ namespace, path }) =>
      namespace === 'compiled-store' ? undefined : { path, namespace: 'compiled-store' },
    );
    onResolve({ filter: /^node:(module|os)$/ }, ({ importer, path }) =>
      /node_modules.lmdb./.test(importer) ? { path, namespace: 'compiled-store' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'compiled-store' }, ({ path }) => ({
      contents: parts[path] ?? native(path),
      resolveDir: dirname(require.resolve('lmdb')),
    }));
    // Without its streams, for which Node would load its own.
    onResolve({ filter: /^msgpackr$/ }, () => ({ path: require.resolve('msgpackr/index-no-eval') }));
  },
};
