import { benchmarks } from './benchmarks.js';

/*
 * One benchmark in a process of its own, which `run.ts` starts: so that whoever started it can end it at any moment,
 * with everything it started, and so that none finds the memory of another.
 */
const [name, size] = process.argv.slice(2);
const benchmark = benchmarks.find((each) => each.name === name);
if (benchmark === undefined || process.send === undefined) throw new Error(`run.js starts this, not ${name}`);
const result = await benchmark.run(size === 'quick');
process.send(result, () => process.exit(0));
