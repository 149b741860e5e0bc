#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// Both stand before anything else is loaded: code that was compiled with other flags does not fit.

// V8 then collects at once what it would mark in steps between all others: after a large formula was unpacked, those
// for which a unit's relations stand still took nearly twice as long.
setFlagsFromString('--no-incremental-marking');
// V8 then waits seven times as long before it optimizes: of an upgrade of a few units, most of what it optimizes sooner
// is not run again, and that was a quarter of the agent's CPU.
setFlagsFromString('--interrupt-budget=1000000');

void import('./run.js');
