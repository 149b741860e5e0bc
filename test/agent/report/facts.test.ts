import assert from 'node:assert/strict';
import type { UnitStatus } from '../../../state/model/unit-schemas.js';
import type { Blocker, BlockerWords } from '../../../state/model/blocker.js';
import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';
import { type KnownOfUnit, type Preparation, type Trouble, unitFacts } from '../../../agent/report/facts.js';
import { noIntent } from '../../../agent/unit/intent.js';
import { type Unit, statusSchema, unitSchema } from '../../../state/model/unit-schemas.js';

const NOW = '2026-01-01T00:00:00.000Z';
const ref = (revision: number) => ({ id: `p:f-${revision}`, sha256: '', directory: `${revision}-x` });
const node: Unit = { service: 'f', machine: 'm0', formula: 'p:f-1', ports: [], change: 'kept', later: true };
const upgrade = { from: ref(1), to: ref(2), since: NOW, resumeIn: 'configuring' as const };

/** Of a unit that rests, in no relation, and of which nothing is wanted. */
const little: Omit<KnownOfUnit, 'record'> = {
  ...{ unit: node, intent: noIntent, leaves: [], postponement: { blockers: [], postponed: undefined } },
  ...{ addresses: undefined, preparation: undefined, trouble: undefined, relations: undefined },
  ...{ hook: undefined, config: undefined, health: undefined },
};

describe('what the tree is told of a unit', () => {
  function facts(
    record: Partial<UnitRecord>,
    more: {
      readonly unit?: Partial<Unit>;
      readonly preparation?: Preparation;
      readonly trouble?: Trouble;
      readonly leaves?: readonly BlockerWords[];
      readonly hook?: UnitStatus['hook'];
      readonly blockers?: readonly Blocker[];
    } = {},
  ) {
    const found = unitFacts({
      ...little,
      unit: { ...node, ...more.unit },
      addresses: { private: '10.0.0.1', public: '10.0.0.1' },
      record: { ...newRecord('f/0', 'f', NOW), state: 'started', formula: ref(1), ...record },
      intent: more.preparation
        ? { ...noIntent, upgrade: { to: 'p:f-2', force: false, revert: false, revertOnError: false } }
        : noIntent,
      preparation: more.preparation,
      trouble: more.trouble,
      leaves: more.leaves ?? [],
      hook: more.hook,
      postponement: { blockers: more.blockers ?? [], postponed: undefined },
    });
    statusSchema.parse(found.status);
    unitSchema.parse(found.unit);
    return found;
  }

  it('keeps what it does not know, and adds what the journal says', () => {
    const { unit, status } = facts({ ports: ['80/tcp'], message: 'serving', workload: 'active' });
    assert.deepEqual(unit, {
      ...node,
      ports: ['80/tcp'],
      addresses: { private: '10.0.0.1', public: '10.0.0.1' },
    });
    assert.deepEqual(status, { state: 'started', since: NOW, message: 'serving', workload: 'active' });
  });

  it('takes out what the journal has none of any more', () => {
    const { unit } = facts({}, { unit: { bad: ['p:f-2'], earlier: ['p:f-0'] } });
    assert.equal('bad' in unit, false);
    assert.equal('earlier' in unit, false);
  });

  it('says what the unit leaves before an upgrade that is prepared goes ahead', () => {
    const preparation = { step: 'waiting', since: NOW } as const;
    assert.deepEqual(
      facts({}, { preparation, leaves: [{ reason: 'relation ring:0 is left first', kind: 'relation' }] })
        .status.upgrade,
      {
        step: 'waiting',
        since: NOW,
        from: 'p:f-1',
        to: 'p:f-2',
        blockers: [{ kind: 'relation', reason: 'relation ring:0 is left first', since: NOW }],
      },
    );
  });

  it('claims the new formula from the commit on and not before', () => {
    for (const [step, formula] of [
      ['swapping', 'p:f-1'],
      ['hook', 'p:f-1'],
      ['committing', 'p:f-1'],
      ['resuming', 'p:f-2'],
    ] as const) {
      const { unit, status } = facts({ state: 'upgrading', formula: ref(2), upgrade: { ...upgrade, step } });
      assert.deepEqual([unit.formula, status.upgrade?.step], [formula, step]);
    }
  });

  it('does not take back a commit that is in the tree and not yet in the journal', () => {
    const record = {
      state: 'upgrading' as const,
      formula: ref(2),
      upgrade: { ...upgrade, step: 'committing' as const },
    };
    assert.equal(facts(record, { unit: { formula: 'p:f-2' } }).unit.formula, 'p:f-2');
  });

  it('says why the unit is in error rather than what its formula said last', () => {
    const { status } = facts({ state: 'start-error', error: 'hook start failed', message: 'serving' });
    assert.equal(status.message, 'hook start failed');
  });

  it('says what a preparation waits for: trouble, or the unit itself', () => {
    const waiting: Preparation = { step: 'waiting', since: NOW };
    assert.deepEqual(facts({}, { preparation: waiting }).status.upgrade, {
      step: 'waiting',
      since: NOW,
      from: 'p:f-1',
      to: 'p:f-2',
    });
    const busy = facts({ state: 'configuring' }, { preparation: waiting }).status.upgrade;
    assert.deepEqual(busy?.blockers, [
      {
        kind: 'busy',
        who: 'f/0',
        reason: 'the unit is configuring',
        since: NOW,
        ends: 'it goes on by itself when that is through',
      },
    ]);
    const trouble = { message: 'the storage is away', brief: 'the storage is away', since: NOW };
    const { status } = facts({}, { preparation: { step: 'fetching', since: NOW }, trouble });
    assert.deepEqual(
      [status.upgrade?.blockers, status.message],
      [[{ kind: 'other', reason: trouble.message, since: NOW }], trouble.message],
    );
  });

  it('tells of what the unit is busy with only once it is prepared: before, it waits for nothing', () => {
    const blocker = { kind: 'busy', reason: 'f/0 is busy', since: NOW };
    const told = (step: Preparation['step']): UnitStatus['upgrade'] =>
      facts({}, { preparation: { step, since: NOW }, blockers: [blocker] }).status.upgrade;
    for (const step of ['fetching', 'staging'] as const) assert.equal(told(step)?.blockers, undefined);
    assert.deepEqual(told('waiting')?.blockers, [blocker]);
  });

  it('tells of whatever keeps it waiting whom, since when, until when and what ends it', () => {
    const preparation: Preparation = { step: 'waiting', since: NOW };
    const hook = { name: 'db-relation-changed', since: NOW, pid: 12, attempt: 1 };
    const retry = { hook: 'config-changed', failure: 'it failed', since: NOW, until: NOW, attempt: 1 };
    const rows = [
      [facts({ state: 'config-error', next: 'ensemble x' }, { preparation }), 'error', 'f/0', 'ensemble x'],
      [
        facts({}, { preparation, hook }),
        'busy',
        'hook db-relation-changed, process 12',
        /ensemble abort f\/0$/,
      ],
      [facts({ retry }, { preparation }), 'busy', 'hook config-changed', /ensemble resolved --retry f\/0$/],
      [
        facts({}, { preparation, trouble: { message: 'm', brief: 'm', kind: 'storage', since: NOW } }),
        'storage',
        undefined,
        undefined,
      ],
    ] as const;
    for (const [{ status }, kind, who, ends] of rows) {
      const [blocker] = status.upgrade?.blockers ?? [];
      assert.deepEqual([blocker?.kind, blocker?.who, blocker?.since], [kind, who, NOW]);
      if (ends instanceof RegExp) assert.match(blocker?.ends ?? '', ends);
      else assert.equal(blocker?.ends, ends);
    }
  });

  it('says apart what ends the trouble', () => {
    const trouble = { message: 'it is away; next: ask', brief: 'it is away', next: 'ask', since: NOW };
    const { status } = facts({}, { preparation: { step: 'fetching', since: NOW }, trouble });
    assert.deepEqual(
      [status.upgrade?.blockers, status.message, status.brief, status.next],
      [
        [{ kind: 'other', reason: trouble.message, brief: 'it is away', ends: 'ask', since: NOW }],
        trouble.message,
        'it is away',
        'ask',
      ],
    );
  });

  it('offers to take values back only where a hook refused them', () => {
    const error = { state: 'config-error', error: 'hook', next: 'look' } as const;
    const next = (record: Partial<UnitRecord>): string | undefined =>
      unitFacts({
        ...little,
        record: { ...newRecord('f/0', 'f', NOW), ...error, ...record },
        config: { seen: 0, tried: 1 },
      }).status.next;
    assert.equal(next({}), 'look');
    assert.equal(next({ hookFailed: true }), 'look, or: ensemble set --undo f (takes back the last set)');
  });
});
