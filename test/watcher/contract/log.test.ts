import assert from 'node:assert/strict';
import { isJournal, openLog } from '../../../watcher/contract/log.js';

describe('the log of the watcher', () => {
  for (const [name, stream, expected] of [
    ['is the journal where its output goes there', '8:1234', true],
    ['is not, where its output goes elsewhere', '8:1235', false],
    ['is not, where nothing says so', undefined, false],
  ] as const)
    it(name, () => {
      const variables = stream === undefined ? {} : { JOURNAL_STREAM: stream };
      assert.equal(isJournal(variables, { dev: 8, ino: 1234 }), expected);
    });

  for (const [style, said] of [
    ['json', '{"time":"1970-01-01T00:00:00.000Z","level":"warning","message":"m","a":1}\n'],
    ['journal', '<4>{"time":"1970-01-01T00:00:00.000Z","level":"warning","message":"m","a":1}\n'],
    ['human', '00:00:00 warning: m a=1\n'],
  ] as const)
    it(`says an event as ${style}`, () => {
      let text = '';
      openLog(
        (line) => {
          text += line;
        },
        style,
        () => 0,
        false,
      ).warning('m', { a: 1 });
      assert.equal(text, said);
    });
});
