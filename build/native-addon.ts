import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// This is only ever a part of a script.
declare const require: NodeJS.Require;

/**
 * Loads the native code of lmdb or of what it uses, which npm installed for this machine. What they would ask for it
 * looks through directories and for the kind of libc first, which takes longer than all else of lmdb: it is asked only
 * where the common case does not fit.
 * @param name the package, e.g. `lmdb`
 * @param top where the package has its package.json, from its main file, e.g. `..`
 */
export function loadNative(name: string, top: string): unknown {
  const { platform, arch, versions } = process;
  try {
    return require(`@${name}/${name}-${platform}-${arch}/node.abi${versions.modules}.glibc.node`);
  } catch {
    const main = createRequire(`${__dirname}/`).resolve(name);
    return createRequire(main)('node-gyp-build-optional-packages')(join(dirname(main), top));
  }
}
