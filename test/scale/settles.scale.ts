import assert from 'node:assert/strict';
import { settles } from './settles.js';

const SIZE = 500;
/** Milliseconds for each phase, of which the hooks' own processes take most. */
const WITHIN = 300_000;

describe('500 units with 500 relations on one agent', function () {
  this.timeout(0);

  it('start, relate and settle', async () => {
    const phases = await settles(SIZE, WITHIN);
    const words = Object.entries(phases).map(([phase, ms]) => `${phase} ${(ms / 1_000).toFixed(1)} s`);
    process.stdout.write(`      ${words.join(', ')}\n`);
    for (const [phase, ms] of Object.entries(phases)) assert.ok(ms < WITHIN, phase);
  });
});
