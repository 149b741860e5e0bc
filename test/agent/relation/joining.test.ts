import assert from 'node:assert/strict';
import type { FormulaEndpoint } from '../../../agent/machine/formulas.js';
import type { UnitRecord } from '../../../agent/journal/record.js';
import { newRelationRecord } from '../../../agent/journal/relation-record.js';
import { hasNoPart, takesPart } from '../../../agent/relation/joining.js';

const ring: FormulaEndpoint = { name: 'ring', role: 'peer', interface: 'chat' };
const ref = (revision: number) => ({ id: `p:f-${revision}`, sha256: '', directory: `${revision}-x` });
/** Formula 1 has the peers, 2 lacks them, 3 has others of that name, and what 9 has is not known. */
const formulas: Readonly<Record<string, readonly FormulaEndpoint[]>> = {
  'p:f-1': [ring, { name: 'web', role: 'provides', interface: 'http' }],
  'p:f-2': [{ name: 'web', role: 'provides', interface: 'http' }],
  'p:f-3': [
    { ...ring, interface: 'talk' },
    { ...ring, role: 'provides' },
  ],
};

describe('a unit takes part in the relations of an endpoint', () => {
  const upgrade = (from: number | null, to: number, step: 'hook' | 'resuming' = 'hook') => ({
    from: from === null ? null : ref(from),
    to: ref(to),
    step,
    since: '',
    resumeIn: 'configuring' as const,
  });
  const rows: readonly (readonly [string, Partial<UnitRecord>, boolean | undefined])[] = [
    ['where its formula has it', { formula: ref(1) }, true],
    ['not where its formula lacks it', { formula: ref(2) }, false],
    ['not where its formula has another of that name', { formula: ref(3) }, false],
    ['or nobody knows, where its formula is not known', { formula: ref(9) }, undefined],
    ['or nobody knows, where it has none', { formula: null }, undefined],
    ['not while it leaves it for an upgrade', { formula: ref(1), leavingFor: 'p:f-2' }, false],
    ['while it leaves something else for one', { formula: ref(1), leavingFor: 'p:f-1' }, true],
    [
      'or nobody knows, while it leaves for what is not known',
      { formula: ref(1), leavingFor: 'p:f-9' },
      undefined,
    ],
    ['where nothing is left any more', { formula: ref(1), leavingFor: null }, true],
    ['not before an upgrade that adds it is committed', { formula: ref(1), upgrade: upgrade(2, 1) }, false],
    ['as soon as that is', { formula: ref(1), upgrade: upgrade(2, 1, 'resuming') }, true],
    ['not in an upgrade that drops it', { formula: ref(1), upgrade: upgrade(1, 2) }, false],
    ['nor after it', { formula: ref(2), upgrade: upgrade(1, 2, 'resuming') }, false],
    ['in an upgrade that keeps it', { formula: ref(1), upgrade: upgrade(1, 1) }, true],
    [
      'not where it stands on a formula that lacks it, on its way back',
      { formula: ref(2), upgrade: upgrade(1, 1) },
      false,
    ],
    ['in an upgrade out of no formula', { formula: ref(1), upgrade: upgrade(null, 1) }, true],
    [
      'not where one that is known lacks it, whatever the other has',
      { formula: ref(9), upgrade: upgrade(9, 2) },
      false,
    ],
  ];
  for (const [row, record, expected] of rows)
    it(row, () =>
      assert.equal(
        takesPart({ formula: null, upgrade: null, ...record }, ring, (id) => formulas[id]),
        expected,
      ),
    );
});

describe('a record of a relation in which a subordinate has no part', () => {
  const record = (remoteService: string, meeting = '/relations/4/web-0') =>
    newRelationRecord({
      unit: 'mon/0',
      relation: '4',
      identifier: 'host:4',
      name: 'host',
      role: 'requires',
      interface: 'ensemble-info',
      remoteService,
      meeting,
    });

  it('is one with the units of another service than its principal’s', () => {
    assert.equal(hasNoPart(record('db'), 'web/0'), true);
    assert.equal(hasNoPart(record('web'), 'web/0'), false);
    assert.equal(hasNoPart(record('db', '/relations/4'), 'web/0'), false, 'of global scope');
    assert.equal(hasNoPart(record('db', '/relations/4/mon-0'), null), false, 'of a principal');
    assert.equal(hasNoPart(record('db'), undefined), false, 'not known yet');
  });

  it('is none of which a hook was told', () => {
    const told = record('db');
    assert.equal(hasNoPart({ ...told, queue: { ...told.queue, delivered: ['db/0'] } }, 'web/0'), false);
    assert.equal(hasNoPart({ ...told, queue: { ...told.queue, begun: true } }, 'web/0'), false);
  });
});
