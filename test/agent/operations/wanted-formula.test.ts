import assert from 'node:assert/strict';

import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';
import { wantedFormula } from '../../../agent/operations/wanted-formula.js';
import type { Flag } from '../../../state/model/request-schemas.js';

const at = '2026-01-01T00:00:00Z';
const ref = (revision: number) => ({ id: `p:f-${revision}`, sha256: '', directory: `${revision}-x` });
const by = { requestedAt: at, by: 'tester' };
const underWay = (from: number, to: number, step: 'hook' | 'resuming') => ({
  from: ref(from),
  to: ref(to),
  step,
  since: at,
  resumeIn: 'configuring' as const,
});

describe('the formula that a flag asks for', () => {
  const rows: readonly (readonly [
    says: string,
    record: Partial<UnitRecord>,
    flag: Partial<Flag> | undefined,
    service: string | undefined,
    to: string | undefined,
  ])[] = [
    ['there is no flag', { formula: ref(1) }, undefined, 'p:f-2', undefined],
    ['the service has another one', { formula: ref(1) }, {}, 'p:f-2', 'p:f-2'],
    ['the unit has it', { formula: ref(2) }, {}, 'p:f-2', undefined],
    ['nothing is installed', { formula: null }, {}, 'p:f-2', undefined],
    ['the service’s formula is not known', { formula: ref(1) }, {}, undefined, undefined],
    ['it names one itself', { formula: ref(1) }, { to: 'p:f-3' }, 'p:f-2', 'p:f-3'],
    ['it names one, and no service is known', { formula: ref(1) }, { to: 'p:f-3' }, undefined, 'p:f-3'],
    [
      'it is in place and not committed',
      { formula: ref(2), upgrade: underWay(1, 2, 'hook') },
      {},
      'p:f-2',
      'p:f-2',
    ],
    ['it is committed', { formula: ref(2), upgrade: underWay(1, 2, 'resuming') }, {}, 'p:f-2', undefined],
    ['it goes back', { formula: ref(2) }, { revert: true, to: 'p:f-1' }, 'p:f-2', 'p:f-1'],
    [
      'it goes back to what is in place',
      { formula: ref(1) },
      { revert: true, to: 'p:f-1' },
      'p:f-2',
      undefined,
    ],
    [
      'it goes back to what is in place, from an upgrade under way',
      { formula: ref(1), upgrade: underWay(1, 2, 'hook') },
      { revert: true, to: 'p:f-1' },
      'p:f-2',
      'p:f-1',
    ],
    [
      'it is on its way back to what is in place, and has not committed that',
      { formula: ref(1), upgrade: underWay(2, 1, 'hook') },
      { revert: true, to: 'p:f-1' },
      'p:f-1',
      'p:f-1',
    ],
    [
      'it went back to what is in place, and has committed that',
      { formula: ref(1), upgrade: underWay(2, 1, 'resuming') },
      { revert: true, to: 'p:f-1' },
      'p:f-1',
      undefined,
    ],
    [
      'it goes back, and nothing is installed',
      { formula: null },
      { revert: true, to: 'p:f-1' },
      'p:f-2',
      undefined,
    ],
  ];
  for (const [says, record, flag, service, to] of rows)
    it(`is ${to ?? 'none'} where ${says}`, () => {
      const whole = { ...newRecord('f/0', 'f', at), ...record };
      assert.equal(wantedFormula(whole, flag && { ...by, ...flag }, service)?.to, to);
    });

  const ways: readonly (readonly [flag: Partial<Flag>, wanted: Readonly<Record<string, unknown>>])[] = [
    [{}, { force: false, revert: false, revertOnError: false }],
    [{ force: true }, { force: true, revert: false, revertOnError: false, whileBusy: true }],
    [{ revertOnError: true }, { force: false, revert: false, revertOnError: true }],
    [
      { revert: true, force: true, to: 'p:f-2' },
      { force: true, revert: true, revertOnError: false },
    ],
    [
      { revert: true, force: true, whileBusy: true, to: 'p:f-2' },
      { force: true, revert: true, revertOnError: false, whileBusy: true },
    ],
    [
      { revert: true, force: true, to: 'p:f-2', over: at },
      { force: true, revert: true, revertOnError: false, over: at },
    ],
    [{ lockstep: 'r:1' }, { force: false, revert: false, revertOnError: false, lockstep: 'r:1' }],
  ];
  for (const [flag, wanted] of ways)
    it(`is gone to as the flag says: ${JSON.stringify(flag)}`, () =>
      assert.deepEqual(
        wantedFormula({ ...newRecord('f/0', 'f', at), formula: ref(1) }, { ...by, ...flag }, 'p:f-2'),
        {
          to: 'p:f-2',
          ...wanted,
        },
      ));
});
