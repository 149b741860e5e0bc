#!/usr/bin/env node
import * as module from 'node:module';
import { ensembleVersion } from '../state/version.js';

const argv = process.argv.slice(2);

// Asked for by scripts and completions again and again: answered before anything else is loaded.
if (argv[0] === '--version' || argv[0] === '-V') {
  process.stdout.write(`${ensembleVersion()}\n`);
} else {
  void runCommand();
}

async function runCommand(): Promise<never> {
  // Node 22.8 and newer: compiled code is kept between runs.
  const enableCompileCache: unknown = Reflect.get(module, 'enableCompileCache');
  if (typeof enableCompileCache === 'function') enableCompileCache();
  const { run } = await import('./run.js');
  process.exit(await run(argv));
}
