// Mocha's own reporter, closed by one plain line for scripts: `N passed, N failed, N skipped`. (Not TypeScript, and
// CommonJS: mocha loads a reporter as it stands.)
const path = require('node:path');
const { reporters, Runner } = require('mocha');

class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    let hasEnded = false;
    // A process of the tests that dies takes its file along: which one, mocha leaves out.
    runner.on(Runner.constants.EVENT_TEST_FAIL, (_test, { file } = {}) => {
      if (typeof file === 'string') process.stdout.write(`     in ${path.relative('', file)}\n`);
    });
    // Registered behind the reporter's own, so that it comes after everything it prints.
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      hasEnded = true;
      const { passes, failures, pending } = runner.stats;
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
    // One that dies after its last test makes mocha end with nothing more to wait for, and as if all were well.
    process.once('exit', () => {
      if (hasEnded) return;
      process.stdout.write('the tests ended before their end: a process of theirs died\n');
      process.exitCode = 1;
    });
  }
}

module.exports = ClosingLine;
