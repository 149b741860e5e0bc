// Mocha's own reporter, closed by one plain line for scripts: `N passed, N failed, N skipped`. (Not TypeScript, and
// CommonJS: mocha loads a reporter as it stands.)
const { reporters, Runner } = require('mocha');

class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    // Registered behind the reporter's own, so that it comes after everything it prints.
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats;
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
}

module.exports = ClosingLine;
