#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { ensembleVersion } from '../state/version.js';

const argv = process.argv.slice(2);

// Asked for by scripts and completions again and again: answered before anything else is loaded.
if (argv[0] === '--version' || argv[0] === '-V') {
  printAtOnce(`${ensembleVersion()}\n`);
} else {
  void import('./run.js').then(async ({ run }) => process.exit(await run(argv)));
}

/** To make a stream of its output would take Node longer than all the rest. */
function printAtOnce(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    // A pipe that is full, and must not be waited for.
    process.stdout.write(text);
  }
}
