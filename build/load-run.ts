import { loadCompiled, loadMapped } from './load-compiled.js';

const load = process.argv.includes('--debug') ? loadMapped : loadCompiled;

/** Stands in for `cli/run.ts` in the bundled command. */
export const { run } = load('run') as typeof import('../cli/run.js');
