import assert from 'node:assert/strict';
import { openLog } from '../../agent/contract/log.js';
import { leadRollouts } from '../../agent/leader/lead-rollouts.js';
import { decide } from '../../control/rollout/decide.js';
import { rolloutDocument } from '../../control/rollout/rollout-document.js';
import { nodeValue } from '../../state/model/entity.js';
import { beginRollout, type Rollout } from '../../state/model/rollout.js';
import { paths } from '../../state/model/paths.js';
import { createService } from '../../state/model/services.js';
import { systemClock } from '../../state/platform/clock.js';
import { eventually } from '../eventually.js';
import { publishFormula } from '../state/model/relation-tree.js';
import { now, useTree } from '../state/model/tree.js';

const hasty = {
  ...systemClock,
  after: (ms: number, callback: () => void) => systemClock.after(Math.min(ms, 20), callback),
};

const [one, two] = ['p:web-1', 'p:web-2'];

const paused = {
  from: one,
  to: two,
  revertTo: one,
  by: 'ann@host',
  requestedAt: now,
  parameters: { strategy: 'rolling', canary: '1' },
  state: 'paused',
  gate: 'canary',
  reason: 'the canary is healthy',
  stateSince: now,
  countedFrom: now,
} as const;

describe('a rollout that is paused', function () {
  this.timeout(120_000);
  const tree = useTree();

  it('has the clone of the one before it go all the same', async () => {
    for (const revision of [1, 2]) await publishFormula(tree.one, 'web', {}, revision);
    const repository = { name: 'p', path: '/p' };
    await createService(tree.one, 'web', { formula: two, repository }, {});
    const cloneOf = { service: 'web', rollout: 'before' };
    await createService(tree.one, 'web-r3', { formula: two, repository, cloneOf }, {});
    const left = [{ service: 'web-r3', rollout: 'before' }];
    const { rollout, operations } = beginRollout('web', undefined, paused);
    await tree.one.transaction(operations);
    await tree.one.set(paths.rollout('web'), nodeValue({ ...rollout, left }));
    const log = openLog(() => undefined, 'human', Date.now, false);
    const leading = leadRollouts({ coordinator: tree.two, agentId: 'a', clock: hasty, random: () => 0, log });
    try {
      await eventually(async () => {
        assert.equal(await tree.one.get(paths.service('web-r3')), undefined);
        const rollout = JSON.parse((await tree.one.get(paths.rollout('web')))?.value ?? '{}');
        assert.deepEqual([rollout.state, rollout.left], ['paused', undefined]);
      });
    } finally {
      await leading.close();
    }
  });

  it('on a canary that was removed names the word that has another one tried', () => {
    const rollout: Rollout = { ...paused, id: 'r1', life: 'aaaaaaaaaaaa' };
    const named = (...formulas: readonly string[]) => {
      const units = formulas.map((formula, index) => ({
        name: `web/${index}`,
        formula,
        agentUp: true,
        machine: 'm0',
        state: 'started',
        since: now,
        message: '',
        bad: [],
        relationsInError: [],
        leaving: false,
      }));
      const decision = decide(rollout, { formula: two, units }, Date.parse(now) + 60_000);
      const document = rolloutDocument('web', {
        rollout: { value: rollout, version: 1 },
        decision,
        units: [],
      });
      return [
        document.next,
        ...decision.blockers.map(({ who, reason, ends }) => `${who}: ${reason}: ${ends}`),
      ];
    };
    assert.deepEqual(named(one, two), [
      'ensemble rollout promote web',
      'web/0: the canary is healthy: ensemble rollout promote web',
    ]);
    assert.deepEqual(named(one), [
      'ensemble rollout resume web',
      'web/0: the canary was removed: ensemble rollout resume web',
    ]);
  });
});
