import { readFileSync, writeFileSync } from 'node:fs';
import { Script } from 'node:vm';
import type { run as runCommand } from '../cli/run.js';

// This is only ever a part of a script.
declare const require: NodeJS.Require;
declare const __dirname: string;

/** Commands that have a file of their own: it has nothing of the others in it, and is read sooner. */
export const alone = ['status', 'upgrade-formula'] as const;

/**
 * What a bundle is wrapped into, as `require` does it too. A file that only this module runs has it around it: to add it
 * takes a second copy of the text, and for that one more garbage collection.
 */
export const wrapper = ['(function (module, exports, require, __filename, __dirname) {', '})'] as const;

/** Stands in for `cli/run.ts` in the bundled command: runs a bundle, from compiled code where there is some. */
export async function run(argv: readonly string[]): Promise<number> {
  const bundle = `${__dirname}/${alone.find((command) => command === argv[0]) ?? 'run'}`;
  const { ENSEMBLE_COMPILE: more } = process.env;
  if (more !== undefined) return runAndCompile(bundle, [argv, ...(more === '' ? [] : [more.split(' ')])]);
  // Node maps stacks to their sources for what it loads itself only.
  if (argv.includes('--debug')) process.setSourceMapsEnabled(true);
  else {
    const compiled = loadCompiled(bundle);
    if (compiled !== undefined) return compiled(argv);
  }
  const { enableCompileCache }: { enableCompileCache?: () => void } = require('node:module');
  // Node 22.8 and newer: compiled code is kept between runs.
  enableCompileCache?.();
  const loaded: { run: typeof runCommand } = require(`${__dirname}/run.cjs`);
  return loaded.run(argv);
}

/** Undefined where the code was compiled by another Node, or not at all. */
function loadCompiled(bundle: string): typeof runCommand | undefined {
  let cachedData: Buffer;
  try {
    cachedData = readFileSync(`${bundle}.cache`);
  } catch {
    return undefined;
  }
  const script = scriptOf(bundle, cachedData);
  return script.cachedDataRejected === true ? undefined : runOf(bundle, script);
}

/** Of the build: runs a command, perhaps in more than one way, and keeps what V8 has compiled until its end. */
async function runAndCompile(bundle: string, ways: readonly (readonly string[])[]): Promise<number> {
  const script = scriptOf(bundle, undefined);
  const compiled = runOf(bundle, script);
  let failed = 0;
  for (const argv of ways) failed ||= await compiled(argv);
  writeFileSync(`${bundle}.cache`, script.createCachedData());
  return failed;
}

function scriptOf(bundle: string, cachedData: Buffer | undefined): Script {
  const filename = `${bundle}.cjs`;
  // The bundle is ASCII: read as latin1 it needs no decoding.
  const text = readFileSync(filename, 'latin1');
  const wrapped = text.startsWith(wrapper[0]) ? text : `${wrapper[0]}${text}\n${wrapper[1]}`;
  return new Script(wrapped, { filename, ...(cachedData && { cachedData }) });
}

function runOf(bundle: string, script: Script): typeof runCommand {
  const loaded: { exports: { run?: typeof runCommand } } = { exports: {} };
  script.runInThisContext()(loaded, loaded.exports, require, `${bundle}.cjs`, __dirname);
  if (loaded.exports.run === undefined) throw new Error(`${bundle}.cjs is no bundle of Ensemble`);
  return loaded.exports.run;
}
