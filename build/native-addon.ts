import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// This is only ever a part of a script.
declare const require: NodeJS.Require;

/**
 * Loads the native code of lmdb, which npm installed for this machine. What lmdb would ask for it looks through directories
 * and for the kind of libc first, which takes longer than all else of lmdb: it is asked only where the common case does not
 * fit.
 */
export function loadLmdb(): unknown {
  const { platform, arch, versions } = process;
  try {
    return require(`@lmdb/lmdb-${platform}-${arch}/node.abi${versions.modules}.glibc.node`);
  } catch {
    const main = createRequire(`${__dirname}/`).resolve('lmdb');
    return createRequire(main)('node-gyp-build-optional-packages')(join(dirname(main), '..'));
  }
}
