import { readFileSync, writeFileSync } from 'node:fs';
import * as module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import type { run as runCommand } from '../cli/run.js';

const bundle = fileURLToPath(new URL('./run.cjs', import.meta.url));
const require = module.createRequire(import.meta.url);

/** Commands that publish formulas: they use much that others do not, who would have to read it with the rest. */
const publishing: readonly string[] = ['deploy', 'upgrade-formula'];

/** Stands in for `cli/run.ts` in the bundled command: runs the bundle, from compiled code where there is some. */
export async function run(argv: readonly string[]): Promise<number> {
  if (process.env.ENSEMBLE_COMPILE !== undefined) return runAndCompile(argv);
  // Node maps stacks to their sources for what it loads itself only.
  if (argv.includes('--debug')) process.setSourceMapsEnabled(true);
  else {
    const compiled = loadCompiled(cacheFor(argv));
    if (compiled !== undefined) return compiled(argv);
  }
  const loaded: { run: typeof runCommand } = require(bundle);
  return loaded.run(argv);
}

/** The file of compiled code; which one it is makes a command faster, and does not change what it does. */
function cacheFor(argv: readonly string[]): string {
  const name = argv.some((word) => publishing.includes(word)) ? 'publish' : 'run';
  return fileURLToPath(new URL(`./${name}.cache`, import.meta.url));
}

/** Undefined where the code was compiled by another Node, or not at all. */
function loadCompiled(cache: string): typeof runCommand | undefined {
  let cachedData: Buffer;
  try {
    cachedData = readFileSync(cache);
  } catch {
    return undefined;
  }
  const script = scriptOf(cachedData);
  return script.cachedDataRejected === true ? undefined : runOf(script);
}

/** Of the build: runs the command and keeps what V8 has compiled until its end. */
async function runAndCompile(argv: readonly string[]): Promise<number> {
  const script = scriptOf(undefined);
  const code = await runOf(script)(argv);
  writeFileSync(cacheFor(argv), script.createCachedData());
  return code;
}

function scriptOf(cachedData: Buffer | undefined): Script {
  // The bundle is ASCII: read as latin1 it needs no decoding.
  const text = `(function (module, exports, require, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`;
  return new Script(text, { filename: bundle, ...(cachedData && { cachedData }) });
}

function runOf(script: Script): typeof runCommand {
  const loaded: { exports: { run?: typeof runCommand } } = { exports: {} };
  script.runInThisContext()(loaded, loaded.exports, require, bundle, dirname(bundle));
  if (loaded.exports.run === undefined) throw new Error(`${bundle} is no bundle of Ensemble`);
  return loaded.exports.run;
}
