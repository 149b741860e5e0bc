import assert from 'node:assert/strict';
import { together } from '../../../agent/contract/log.js';
import { ManualClock } from '../../manual-clock.js';

describe('the lines of the agent’s log', () => {
  let written: string[];
  let clock: ManualClock;
  let exit: () => void;
  let say: (line: string) => void;
  beforeEach(() => {
    written = [];
    clock = new ManualClock();
    say = together(
      (text) => written.push(text),
      (listener) => {
        exit = listener;
      },
      clock,
    );
  });

  it('are written together where they come within 20 ms, and in their order', () => {
    say('1\n');
    clock.advance(19);
    say('2\n');
    assert.deepEqual(written, []);
    clock.advance(1);
    say('3\n');
    clock.advance(20);
    assert.deepEqual(written, ['1\n2\n', '3\n']);
  });

  it('are written before the process ends, once', () => {
    say('1\n');
    exit();
    clock.advance(20);
    assert.deepEqual(written, ['1\n']);
  });
});
