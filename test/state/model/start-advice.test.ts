import assert from 'node:assert/strict';
import type { Machine } from '../../../state/model/machine-schemas.js';
import { startAdvice } from '../../../state/model/start-advice.js';

const owner = {
  agentId: 'a',
  hostname: 'web1',
  dataDirectory: '/var/lib/ensemble',
  since: '2026-01-01T00:00:00Z',
  claim: '0123456789ab',
};

const rows: readonly (readonly [what: string, node: Machine | undefined, advice: string])[] = [
  ['a machine that is new', undefined, 'with: ensemble-agent -e prod --machine m0'],
  [
    'a service of the system',
    { hostname: 'web1', owner, service: 'ensemble-agent.service' },
    'on web1: systemctl start ensemble-agent',
  ],
  [
    'an agent that a person started: with the data directory that knows the units',
    { hostname: 'web1', owner },
    'on web1: ensemble-agent -e prod --machine m0 --data-dir /var/lib/ensemble',
  ],
  [
    'one in a directory with a space in its name',
    { hostname: 'web1', owner: { ...owner, dataDirectory: '/srv/my data' } },
    "on web1: ensemble-agent -e prod --machine m0 --data-dir '/srv/my data'",
  ],
  [
    'one of a release that did not say where it lives',
    { hostname: 'web1' },
    'on web1 as it was started before: by its service manager, or ensemble-agent -e prod --machine m0 with its --data-dir',
  ],
];

describe('what starts the agent of a machine', () => {
  for (const [what, node, advice] of rows)
    it(what, () => assert.equal(startAdvice('m0', node, ' -e prod'), advice));
});
