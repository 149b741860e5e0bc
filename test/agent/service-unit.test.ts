import assert from 'node:assert/strict';
import { serviceUnit } from '../../agent/service-unit.js';

const systemd = { INVOCATION_ID: '0123', SYSTEMD_EXEC_PID: '7' };
const own = '0::/system.slice/ensemble-agent.service\n';

const rows = [
  ['a service', systemd, own, 'ensemble-agent.service'],
  [
    'one of a systemd that does not tell the process',
    { INVOCATION_ID: '0123' },
    own,
    'ensemble-agent.service',
  ],
  ['what a service started', { ...systemd, SYSTEMD_EXEC_PID: '6' }, own, undefined],
  ['a shell', {}, '0::/user.slice/user-0.slice/session-1.scope\n', undefined],
  [
    'a user’s service',
    systemd,
    '0::/user.slice/user-0.slice/user@0.service/app.slice/x.service\n',
    undefined,
  ],
  ['an older hierarchy', systemd, `5:cpu:/\n1:name=systemd:${own.slice(3)}`, 'ensemble-agent.service'],
  ['a container', systemd, '0::/\n', undefined],
] as const;

describe('the service that runs the agent', () => {
  for (const [what, variables, cgroups, unit] of rows)
    it(`is told for ${what}`, () => assert.equal(serviceUnit(variables, 7, cgroups), unit));
});
