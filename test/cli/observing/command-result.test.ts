import assert from 'node:assert/strict';

import { commandOf, exitCodeOf, remarksOn } from '../../../cli/observing/command-result.js';
import type { CommandResult } from '../../../state/model/commands.js';

const ended = (of: Partial<CommandResult>): CommandResult =>
  ({ outcome: 'exited', leftOut: 0, took: 1_000, output: '', ...of }) as CommandResult;

describe('the result of a command that ran on a unit', () => {
  const rows: readonly (readonly [
    result: Partial<CommandResult>,
    code: number,
    remarks: readonly RegExp[],
  ])[] = [
    [{ exit: 0 }, 0, []],
    [{ exit: 3 }, 3, []],
    [{ exit: 0, reason: 'it left a process' }, 1, [/it left a process/]],
    [{ exit: 4, reason: 'it left a process' }, 4, [/it left a process/]],
    [{ exit: 0, leftOut: 12 }, 0, [/12 bytes more/]],
    [{ outcome: 'timed-out', took: 29_600 }, 124, [/after 30 s/]],
    [{ outcome: 'killed', signal: 'SIGKILL' }, 137, [/ended by SIGKILL$/]],
    [
      { outcome: 'killed', signal: 'SIGTERM', reason: 'the unit goes' },
      143,
      [/ended by SIGTERM: the unit goes/],
    ],
    [{ outcome: 'lost' }, 1, [/went down/]],
    [{ outcome: 'not-started', reason: 'no such machine' }, 1, []],
  ];
  for (const [result, code, remarks] of rows)
    it(`is ${code} of ${JSON.stringify(result)}`, () => {
      const whole = ended(result);
      assert.equal(exitCodeOf(whole), code);
      const said = remarksOn(whole);
      assert.equal(said.length, remarks.length, said.join('; '));
      for (const [index, remark] of remarks.entries()) assert.match(said[index] ?? '', remark);
    });

  it('comes of the shell where one word was given, and of the program itself otherwise', () => {
    assert.deepEqual(commandOf(['ls -l | wc']), ['/bin/sh', '-c', 'ls -l | wc']);
    assert.deepEqual(commandOf(['ls', '-l']), ['ls', '-l']);
    assert.deepEqual(commandOf([]), []);
  });
});
