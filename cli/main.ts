#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { ensembleVersion } from '../state/version.js';

const argv = process.argv.slice(2);

// Asked for by scripts and completions again and again: answered before anything else is loaded.
const isAnswered = (argv[0] === '--version' || argv[0] === '-V') && isPrinted(`${ensembleVersion()}\n`);
if (!isAnswered) void import('./run.js').then(async ({ run }) => process.exit(await run(argv)));

/** True if it was printed at once. The code that is loaded next handles other ends, such as a full disk. */
function isPrinted(text: string): boolean {
  try {
    return writeSync(1, text) > 0;
  } catch {
    return false;
  }
}
