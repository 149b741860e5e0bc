import assert from 'node:assert/strict';
import {
  absenceOf,
  absenceSentence,
  agentWord,
  absenceFields,
  wayBack,
} from '../../../state/model/absence.js';
import type { Machine } from '../../../state/model/machine-schemas.js';

const owner = {
  agentId: 'a',
  hostname: 'web1',
  dataDirectory: '/var/lib/ensemble',
  since: '2026-01-01T00:00:00Z',
  claim: '0123456789ab',
  process: { pid: 12, startTime: '345', boot: 'this' },
};
const stopped = { at: '2026-01-02T03:04:05.678Z', claim: owner.claim };
const service = 'ensemble-agent.service';
const start = 'start it on web1: systemctl start ensemble-agent';

const rows: readonly (readonly [
  what: string,
  node: Machine | undefined,
  suspended: number | undefined,
  says: readonly [sentence: string, word: string, way: string],
])[] = [
  [
    'a machine that is not registered',
    undefined,
    undefined,
    ['no agent is running on m0', 'down', 'start it with: ensemble-agent --machine m0'],
  ],
  [
    'one of which no more is known',
    { hostname: 'web1', owner, service },
    undefined,
    ['no agent is running on m0', 'down', start],
  ],
  [
    'one whose agent was stopped',
    { hostname: 'web1', owner, service, stopped },
    undefined,
    ['the agent of m0 was stopped at 2026-01-02 03:04:05Z', 'stopped', start],
  ],
  [
    'one whose former owner was stopped',
    { hostname: 'web1', owner, service, stopped: { ...stopped, claim: 'ffffffffffff' } },
    undefined,
    ['no agent is running on m0', 'down', start],
  ],
  [
    'one that nobody owned, as release 0.1.0 leaves it',
    { hostname: 'web1', service, stopped },
    undefined,
    ['no agent is running on m0', 'down', start],
  ],
  [
    'one whose agent is suspended on this host',
    { hostname: 'web1', owner, service },
    12,
    [
      'the agent of m0 is suspended (Ctrl-Z, SIGSTOP): process 12',
      'suspended',
      'let it go on: kill -CONT 12',
    ],
  ],
];

describe('why a machine has no agent that works', () => {
  for (const [what, node, suspended, [sentence, word, way]] of rows)
    it(`is told of ${what}`, () => {
      const absence = absenceOf(node, () => suspended);
      assert.equal(absenceSentence('m0', absence), sentence);
      assert.equal(agentWord({ agent: 'down', ...absenceFields(absence) }), word);
      assert.equal(wayBack('m0', node, '', absence), way);
    });

  it('names no process of another host or boot', () => {
    assert.deepEqual(absenceOf({ hostname: 'web1', owner }), { kind: 'down' });
  });
});
