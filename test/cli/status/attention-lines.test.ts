import assert from 'node:assert/strict';
import { attentionLines } from '../../../cli/status/attention-lines.js';
import { statusDocument } from '../../../control/status/make-status-document.js';
import { unitLines } from '../../../cli/status/unit-lines.js';
import { readSnapshot, type Snapshot } from '../../../control/status/snapshot.js';
import { requestRemoval } from '../../../control/remove/remove-units.js';
import { eventually } from '../../eventually.js';
import { requester, World } from '../../agent/world.js';

const since = '2026-01-01T00:00:00.000Z';

function snapshotOf({ up = true, removing = false, hook = false }): Snapshot {
  return {
    machines: [
      {
        name: 'm0',
        machine: { hostname: 'db1', service: 'ensemble-agent.service' },
        agent: up ? { pid: 1, version: '1', since } : undefined,
        units: ['f/0'],
        version: 0,
      },
    ],
    services: [
      {
        name: 'f',
        service: {
          formula: 'world:f-1',
          repository: { name: 'world', path: '/w' },
          nextUnit: 1,
          change: 'x',
        },
        exposed: false,
        holds: [],
        units: [
          {
            name: 'f/0',
            unit: { service: 'f', machine: 'm0', formula: 'world:f-1', ports: [], change: 'x' },
            status: {
              state: 'starting',
              since,
              message: '',
              ...(hook && { hook: { name: 'start', since, pid: 7, attempt: 1 } }),
            },
            flag: undefined,
            ...(removing && { removing: true }),
          },
        ],
        relations: [],
      },
    ],
    required: new Map(),
    problems: [],
  };
}

const linesAfter = (ms: number, snapshot: Snapshot): readonly string[] =>
  attentionLines(statusDocument('world', snapshot, ' -e world'), 120, Date.parse(since) + ms);

describe('what needs attention', () => {
  it('is a hook that runs for more than a minute, with what ends it', () => {
    assert.deepEqual(linesAfter(60_000, snapshotOf({ hook: true })), []);
    assert.deepEqual(linesAfter(60_001, snapshotOf({ hook: true, removing: true })), [
      'NEEDS ATTENTION',
      'f/0: start runs since 2026-01-01 00:00:00Z',
      '    it is to be removed, and goes when that has ended',
      '    next: where it hangs: ensemble abort f/0',
    ]);
  });

  it('is a machine with units that is down, with how it is started', () => {
    assert.deepEqual(linesAfter(0, snapshotOf({ up: false })), [
      'NEEDS ATTENTION',
      'm0: no agent is running',
      '    start it on db1: systemctl start ensemble-agent',
      '    next: where m0 is lost for good: ensemble remove-machine --force m0',
    ]);
  });
});

describe('a unit that was asked to go', () => {
  it('is shown as such while a hook of it keeps it', async () => {
    const world = await World.open();
    try {
      await world.publish(1, { hooks: { start: 'gate go' } });
      await world.agent();
      await world.deploy('world:f-1');
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'start 1'));
      await requestRemoval(world.coordinator, ['f/0'], requester, () => ({
        id: 'x',
        at: requester.requestedAt,
        what: 'remove-unit',
        outcome: 'asked',
      }));
      const document = statusDocument('world', await readSnapshot(world.coordinator));
      assert.equal(document.services.f?.units['f/0']?.removing, true);
      const screen = { columns: 200, hasColors: false };
      assert.match(unitLines(document, screen).join('\n'), /^f\/0 +[a-z]+, to be removed /m);
    } finally {
      await world.close();
    }
  });
});
