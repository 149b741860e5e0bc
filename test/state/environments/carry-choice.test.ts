import assert from 'node:assert/strict';
import { commands } from '../../../cli/definitions.js';
import {
  COMMANDS_OF_AN_ENVIRONMENT,
  mapTexts,
  withChoice,
} from '../../../state/environments/carry-choice.js';
import { type Output, withAdvice } from '../../../cli/output/output.js';
import { reportError } from '../../../cli/output/report-error.js';
import { typedChoice } from '../../../cli/invocation/session.js';
import { UnitNotFound } from '../../../state/model/errors.js';

const E = ' -e production';

describe('a text that names commands, where an environment was chosen', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['an error’s advice', 'ensemble status', 'ensemble status -e production'],
    [
      'a unit’s way out',
      'port 80 is taken; next: ensemble debug-log -i f/0, then: ensemble resolved --retry f/0',
      'port 80 is taken; next: ensemble debug-log -e production -i f/0, then: ensemble resolved -e production --retry f/0',
    ],
    [
      'two ways, with words behind one',
      'next: ensemble upgrade-formula --force f (takes it to f-2), or ensemble revert-formula f/0',
      'next: ensemble upgrade-formula -e production --force f (takes it to f-2), or ensemble revert-formula -e production f/0',
    ],
    [
      'a notice that goes on',
      'see how far with: ensemble status f. It goes on.',
      'see how far with: ensemble status -e production f. It goes on.',
    ],
    [
      'lines',
      '1 of 2 run\n  try: ensemble status\nto go back: ensemble revert-formula f',
      '1 of 2 run\n  try: ensemble status -e production\nto go back: ensemble revert-formula -e production f',
    ],
    [
      'an option to choose',
      'ensemble resolved [--retry] f/0',
      'ensemble resolved -e production [--retry] f/0',
    ],
    [
      'a command for a unit',
      "ensemble run f/0 -- 'grep -e a, b', or not",
      "ensemble run -e production f/0 -- 'grep -e a, b', or not",
    ],
    [
      'a command with options of its own',
      'ensemble run f/0 -- grep -e x',
      'ensemble run -e production f/0 -- grep -e x',
    ],
    [
      'the agent, with its options',
      'start it on db1: ensemble-agent --machine m0 --data-dir /d',
      'start it on db1: ensemble-agent -e production --machine m0 --data-dir /d',
    ],
    [
      'the agent alone',
      'no machines; an agent registers its own: ensemble-agent',
      'no machines; an agent registers its own: ensemble-agent -e production',
    ],
    [
      'in colours',
      '\u001b[31mnext: ensemble status\u001b[39m',
      '\u001b[31mnext: ensemble status -e production\u001b[39m',
    ],
  ];
  for (const [what, text, carried] of rows)
    it(`carries it: ${what}`, () => {
      assert.equal(withChoice(text, E), carried);
      assert.equal(withChoice(carried, E), carried, 'and does so once');
      assert.equal(withChoice(text, ''), text, 'and nothing where none was chosen');
    });

  const same: readonly (readonly [string, string])[] = [
    ['an environment of its own', 'ensemble bootstrap -e staging'],
    ['its own, in long', 'ensemble status --environment=staging'],
    ['its own URLs', "ensemble bootstrap --state embedded:/s --storage 'file:/t'"],
    ['its own, of an agent', 'ensemble-agent -e staging --machine m0'],
    ['a machine’s service', 'start it on web1: systemctl start ensemble-agent'],
    ['help', 'ensemble deploy --help'],
    ['no environment', 'ensemble completion bash'],
    ['a usage line', 'usage: ensemble deploy [options] <formula>'],
    ['no command', 'ensemble stores formulas here'],
    ['prose', 'is ensemble-agent running? An ensemble-agent, or none'],
    ['who asked', 'by ensemble-agent on m0'],
    ['the prefix of errors', 'ensemble: unit f/0 does not exist'],
    ['a path', 'see /usr/bin/ensemble status'],
  ];
  for (const [what, text] of same)
    it(`stays as it is: ${what}`, () => assert.equal(withChoice(text, E), text));

  it('knows each command but those that go to no environment', () => {
    const none = ['completion', '__complete', '__refresh-notices', 'index', 'sign'];
    const names = commands.map(({ name }) => name).filter((name) => !none.includes(name));
    assert.deepEqual([...COMMANDS_OF_AN_ENVIRONMENT].sort(), names.sort());
  });
});

describe('the options that a command carries', () => {
  it('are those on the command line, ready for a shell, and none where it has none', () => {
    assert.equal(typedChoice({}), '');
    assert.equal(typedChoice({ environment: 'production' }), ' -e production');
    assert.equal(typedChoice({ environment: 'the shop' }), " -e 'the shop'");
    assert.equal(
      typedChoice({ state: 'embedded:/a b/state', storage: 'file:/t' }),
      " --state 'embedded:/a b/state' --storage 'file:/t'",
    );
    assert.equal(typedChoice({ state: 'embedded:/s' }), '', 'one alone chooses nothing');
  });
});

describe('what is carried', () => {
  const carried: Output['carried'] = (text) => withChoice(text, E);

  it('is in the words of an error, and in its advice', () => {
    let text = '';
    const screen = {
      write: (more: string) => {
        text += more;
      },
      hasColors: false,
      isTerminal: false,
      columns: 80,
      rows: 24,
    };
    reportError(new UnitNotFound({ unit: 'mysql/0' }), screen, false, carried);
    assert.equal(text, 'ensemble: unit mysql/0 does not exist\n  try: ensemble status -e production\n');
  });

  it('is in what a document advises, and in nothing else of it', () => {
    const unit = {
      message: 'see: ensemble status',
      next: 'ensemble status',
      blockers: [{ next: 'ensemble get f' }],
    };
    assert.deepEqual(withAdvice({ carried }, { units: { 'f/0': unit }, free: 3, none: null }), {
      units: {
        'f/0': {
          message: 'see: ensemble status',
          next: 'ensemble status -e production',
          blockers: [{ next: 'ensemble get -e production f' }],
        },
      },
      free: 3,
      none: null,
    });
  });

  it('is in each text of what is laid out for people', () => {
    const value = { a: ['ensemble status', 1], b: { c: 'ensemble get f' } };
    assert.deepEqual(mapTexts(value, carried), {
      a: ['ensemble status -e production', 1],
      b: { c: 'ensemble get -e production f' },
    });
  });
});
