import { leaveCommands } from './command-in-process.js';

/** What mocha does around every test: see `.mocharc.json`. */
export const mochaHooks = {
  afterEach(): void {
    leaveCommands();
  },
};
