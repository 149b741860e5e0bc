import assert from 'node:assert/strict';

import { type Reason, reasonText, urgencyText } from '../../../control/newer/reasons.js';

describe('why a revision is of its class', () => {
  const rows: readonly (readonly [reason: Reason, text: string])[] = [
    [
      { kind: 'compatible', line: 2 },
      'of line 2, as deployed; nothing that the service has is gone or changed',
    ],
    [{ kind: 'unstable' }, 'of line 0, which promises nothing'],
    [{ kind: 'other-line', from: 1, to: 2 }, 'of line 2, and line 1 is deployed'],
    [{ kind: 'break', change: 'db is gone' }, 'db is gone'],
    [{ kind: 'break', change: 'db is gone', use: 'which is related' }, 'db is gone, which is related'],
    [{ kind: 'prerelease' }, 'a prerelease'],
    [
      { kind: 'agent-too-old', needs: '>=2', machine: 'm1', version: '1.0' },
      'needs Ensemble >=2, and the agent of m1 is 1.0',
    ],
    [
      { kind: 'agent-unknown', needs: '>=2', machine: 'm1' },
      'needs Ensemble >=2, and the version of the agent of m1 is unknown while it is away',
    ],
    [{ kind: 'reverted' }, 'the service went back from it'],
    [{ kind: 'withdrawn' }, 'withdrawn'],
    [{ kind: 'withdrawn', why: 'it loses data' }, 'withdrawn: it loses data'],
    [{ kind: 'untrusted', why: 'nobody signed it' }, 'not trusted: nobody signed it'],
    [{ kind: 'subordinate', subordinate: true }, 'a subordinate, and the service is none'],
    [{ kind: 'subordinate', subordinate: false }, 'no subordinate, and the service is one'],
  ];
  for (const [reason, text] of rows) it(`is said: ${text}`, () => assert.equal(reasonText(reason), text));

  it('is said of an urgent one in a word of its own', () => {
    assert.equal(urgencyText('security'), 'mends a security fault');
    assert.equal(urgencyText('data-loss'), 'mends a loss of data');
  });
});
