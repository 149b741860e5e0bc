/** Loaded before a program, it has the program take the time for some more than a minute later than it is. */
const AHEAD = 61_000;
const now = Date.now;
Date.now = (): number => now() + AHEAD;
