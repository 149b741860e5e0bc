import { readFileSync, writeFileSync } from 'node:fs';
import { Script } from 'node:vm';

// This is only ever a part of a program, which has these two.
declare const require: NodeJS.Require;
declare const __dirname: string;

/**
 * Loads the rest of a program, the bundle `<name>.cjs` beside it: from the code that V8 compiled when it was built
 * (`<name>.cache`), where this very release of Node takes that; else as it stands.
 * @returns what the bundle exports
 */
export function loadCompiled(name: string): object {
  const script = compiled(name);
  if (process.env.ENSEMBLE_COMPILE !== undefined) return exportsOf(name, kept(name, script));
  return script === undefined ? require(`${__dirname}/${name}.cjs`) : exportsOf(name, script);
}

/** The same with stacks that name the sources: Node maps them only for what it loads itself. */
export function loadMapped(name: string): object {
  process.setSourceMapsEnabled(true);
  return require(`${__dirname}/${name}.cjs`);
}

/** When the program ends, V8 has compiled what it used too, and not only what it loaded: kept beside what was there. */
function kept(name: string, script = scriptOf(name, undefined)): Script {
  process.once('exit', () => writeFileSync(cacheOf(name), script.createCachedData()));
  return script;
}

function compiled(name: string): Script | undefined {
  try {
    const script = scriptOf(name, readFileSync(cacheOf(name)));
    return script.cachedDataRejected === true ? undefined : script;
  } catch {
    return undefined;
  }
}

function cacheOf(name: string): string {
  return `${__dirname}/${name}.cache`;
}

function scriptOf(name: string, cachedData: Buffer | undefined): Script {
  const filename = `${__dirname}/${name}.cjs`;
  // The bundle is ASCII: read as latin1 it needs no decoding.
  return new Script(readFileSync(filename, 'latin1'), { filename, ...(cachedData && { cachedData }) });
}

function exportsOf(name: string, script: Script): object {
  const loaded = { exports: {} };
  script.runInThisContext()(loaded, loaded.exports, require, `${__dirname}/${name}.cjs`, __dirname);
  return loaded.exports;
}
