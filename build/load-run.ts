import { readFileSync, writeFileSync } from 'node:fs';
import { Script } from 'node:vm';
import type { run as runCommand } from '../cli/run.js';

// This is only ever a part of a script.
declare const require: NodeJS.Require;
declare const __dirname: string;

/**
 * Stands in for `cli/run.ts` in the bundled command: runs it from the code that V8 compiled when it was built, where this
 * very release of Node takes that; else as it stands.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const isBuilding = process.env.ENSEMBLE_COMPILE !== undefined;
  if (!isBuilding) {
    // Node maps stacks to their sources for what it loads itself only.
    const compiled = argv.includes('--debug') ? undefined : loadCompiled();
    if (compiled !== undefined) return compiled(argv);
    process.setSourceMapsEnabled(argv.includes('--debug'));
    const loaded: { run: typeof runCommand } = require(`${__dirname}/run.cjs`);
    return loaded.run(argv);
  }
  const script = scriptOf(undefined);
  const exitCode = await runOf(script)(argv);
  // By now V8 has compiled what a command uses, and not only what each one loads.
  writeFileSync(`${__dirname}/run.cache`, script.createCachedData());
  return exitCode;
}

function loadCompiled(): typeof runCommand | undefined {
  let cachedData: Buffer;
  try {
    cachedData = readFileSync(`${__dirname}/run.cache`);
  } catch {
    return undefined;
  }
  const script = scriptOf(cachedData);
  return script.cachedDataRejected === true ? undefined : runOf(script);
}

function scriptOf(cachedData: Buffer | undefined): Script {
  const filename = `${__dirname}/run.cjs`;
  // The bundle is ASCII: read as latin1 it needs no decoding. It is wrapped as `require` does it.
  const text = `(function (module, exports, require, __filename, __dirname) {${readFileSync(filename, 'latin1')}\n})`;
  return new Script(text, { filename, ...(cachedData && { cachedData }) });
}

function runOf(script: Script): typeof runCommand {
  const loaded: { exports: { run?: typeof runCommand } } = { exports: {} };
  script.runInThisContext()(loaded, loaded.exports, require, `${__dirname}/run.cjs`, __dirname);
  if (loaded.exports.run === undefined) throw new Error('run.cjs is no bundle of Ensemble');
  return loaded.exports.run;
}
