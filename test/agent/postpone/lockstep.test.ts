import assert from 'node:assert/strict';
import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';
import { isReady, Lockstep, waitsToResume } from '../../../agent/postpone/lockstep.js';

const since = '2026-01-01T00:00:00Z';
const record = newRecord('f/0', 'f', since);
const upgrade = {
  ...{ from: null, to: { id: 'p:f-2', sha256: '', directory: '' } },
  ...{ step: 'committing' as const, since, resumeIn: 'configuring' as const, lockstep: 'p' },
};

/** A unit whose rollout has opened this gate of passage `p`; counts who watches. */
function world(gate: string | undefined, own: Partial<UnitRecord> = {}) {
  const seen = { watches: 0, looks: 0, tell: (): void => undefined };
  const lockstep = new Lockstep({
    record: () => ({ ...record, ...own }),
    look: () => {
      seen.looks += 1;
    },
    parts: {
      gates: {
        view: () => (gate === undefined ? undefined : { p: gate }),
        subscribe: (_service, told) => {
          seen.watches += 1;
          seen.tell = told;
          return () => {
            seen.watches -= 1;
          };
        },
      },
    } as ConstructorParameters<typeof Lockstep>[0]['parts'],
  });
  return { lockstep, seen };
}

describe('in lockstep, a unit', () => {
  const rows = [
    { gate: undefined, waits: true, verdict: undefined },
    { gate: 'go', waits: false, verdict: undefined },
    { gate: 'resume', waits: false, verdict: 'resume' },
    { gate: 'back', waits: true, verdict: 'back' },
    { gate: 'a word of a later release', waits: true, verdict: undefined },
  ] as const;
  for (const { gate, waits, verdict } of rows)
    it(`${waits ? 'waits' : 'goes'} before it pauses, and after its hook ${verdict ?? 'waits'}, at the gate ${gate ?? 'that nobody opened'}`, () => {
      assert.equal(world(gate).lockstep.stands({ lockstep: 'p' }), waits);
      assert.equal(world(gate, { upgrade }).lockstep.verdict(), verdict);
    });

  it('waits for nobody if it goes for itself', () => {
    const { lockstep } = world(undefined);
    assert.equal(lockstep.stands({}), false);
    assert.equal(lockstep.stands(undefined), false);
    assert.equal(lockstep.verdict(), 'resume');
  });

  it('watches the gates once, while it goes with the others or is past the point of no return', () => {
    const { lockstep, seen } = world(undefined);
    lockstep.stands({ lockstep: 'p' });
    lockstep.stands({ lockstep: 'p' });
    assert.equal(seen.watches, 1);
    seen.tell();
    assert.equal(seen.looks, 1);
    lockstep.stands(undefined);
    assert.equal(seen.watches, 0);
    const under = world(undefined, { upgrade });
    under.lockstep.stands(undefined);
    assert.equal(under.seen.watches, 1);
    under.lockstep.close();
    assert.equal(under.seen.watches, 0);
  });
});

describe('a unit says that it waits for the others after its hook', () => {
  const rows: readonly (readonly [string, Partial<UnitRecord>, string | undefined, boolean])[] = [
    ['if its hook is through', { state: 'upgrading', upgrade }, undefined, true],
    [
      'not while its hook runs',
      { state: 'upgrading', upgrade: { ...upgrade, step: 'hook' } },
      undefined,
      false,
    ],
    ['not if the others are through', { state: 'upgrading', upgrade }, 'resume', false],
    [
      'not if it goes for itself',
      { state: 'upgrading', upgrade: { ...upgrade, lockstep: undefined } },
      undefined,
      false,
    ],
    ['not if it is in error', { state: 'upgrade-error', upgrade }, undefined, false],
    ['not if it has no upgrade', { state: 'upgrading', upgrade: null }, undefined, false],
  ];
  for (const [rule, own, verdict, says] of rows)
    it(rule, () => assert.equal(waitsToResume({ ...record, ...own }, verdict) !== undefined, says));
});

describe('a unit is ready to go with the others', () => {
  const retry = { hook: 'start', failure: 'f', since, until: since, attempt: 1 };
  const rows: readonly (readonly [string, Partial<UnitRecord>, boolean, boolean])[] = [
    ['if it rests', { state: 'started' }, false, true],
    ['not if it is in error', { state: 'config-error' }, false, false],
    ['if it is in error and forced out of it', { state: 'config-error' }, true, true],
    ['not while a hook waits for its next try, by force neither', { state: 'starting', retry }, true, false],
  ];
  for (const [rule, own, force, ready] of rows)
    it(rule, () => assert.equal(isReady({ ...record, ...own }, force), ready));
});
