import { CannotMeasure, type Told } from './benchmark.js';
import { benchmarks } from './benchmarks.js';

/*
 * One benchmark in a process of its own, which `run.ts` starts and which ends it, with everything it started, at
 * any moment and also when it has told what it found. None finds the memory of another.
 */
const [name, size] = process.argv.slice(2);
const benchmark = benchmarks.find((each) => each.name === name);
if (benchmark === undefined || process.send === undefined) throw new Error(`run.js starts this, not ${name}`);
const told: Told = await benchmark.run(size === 'quick').then(
  (found) => ({ found }),
  (error: unknown) => {
    if (error instanceof CannotMeasure) return { cannot: error.message };
    throw error;
  },
);
process.send(told);
