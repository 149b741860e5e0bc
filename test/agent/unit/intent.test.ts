import assert from 'node:assert/strict';
import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';
import { configDigest } from '../../../agent/contract/present-config.js';
import { computeIntent, type IntentFacts, noIntent } from '../../../agent/unit/intent.js';
import { noRequests, type UnitRequests } from '../../../state/model/requests.js';

const by = { requestedAt: '2026-01-01T00:00:00Z', by: 'tester' };
const ref = (revision: number) => ({ id: `p:f-${revision}`, sha256: '', directory: `${revision}-x` });
const service = {
  value: { formula: 'p:f-2', repository: { name: 'p', path: '/p' }, nextUnit: 1, change: '' },
  version: 0,
};
const upgradeToTwo = { to: 'p:f-2', revert: false, revertOnError: false, asked: 0 };
const flag = { upgrade: { value: by, version: 0 } };

/** A unit that is related to none, is not busy, and goes for itself. */
const alone: Omit<IntentFacts, 'record' | 'requests' | 'view' | 'digest'> = {
  ...{ relate: false, run: false, checksHealth: false, asksForOther: false },
  lockstep: { stands: () => false, verdict: () => undefined },
  leave: () => 'nothing',
  postponed: () => false,
  upgradesFirst: () => false,
  asks: () => false,
};

describe('what is wanted of a unit', () => {
  const intent = (
    record: Partial<UnitRecord>,
    requests: Partial<UnitRequests> = {},
    config: Record<string, string> | undefined = undefined,
    known = true,
  ) =>
    computeIntent({
      ...alone,
      record: { ...newRecord('f/0', 'f', by.requestedAt), ...record },
      requests: { ...noRequests, ...requests },
      view: { service: known ? service : undefined, config: undefined, isGone: false },
      digest: config && configDigest(config),
    });

  it('is nothing while nothing is known', () => {
    assert.deepEqual(intent({}, {}, undefined, false), noIntent);
    assert.equal(intent({ formula: ref(1) }, flag, undefined, false).upgrade, undefined);
  });

  it('is an upgrade where a flag stands and the service points elsewhere', () => {
    assert.deepEqual(intent({ formula: ref(1) }, flag).upgrade, { ...upgradeToTwo, asked: 0, force: false });
    assert.equal(intent({ formula: ref(1) }).upgrade, undefined, 'no flag');
    assert.equal(intent({ formula: ref(2) }, flag).upgrade, undefined, 'it runs that already');
    assert.equal(intent({ formula: null }, flag).upgrade, undefined, 'it will install that');
    const force = { upgrade: { value: { ...by, force: true }, version: 0 } };
    assert.deepEqual(intent({ formula: ref(1) }, force).upgrade, {
      ...upgradeToTwo,
      asked: 0,
      force: true,
      whileBusy: true,
    });
  });

  it('is the upgrade under way until it is committed, although the new formula is in place', () => {
    const upgrade = { from: ref(1), to: ref(2), since: '', resumeIn: 'configuring' as const };
    for (const step of ['swapping', 'hook', 'committing'] as const)
      assert.ok(intent({ formula: ref(2), upgrade: { ...upgrade, step } }, flag).upgrade, step);
    assert.equal(
      intent({ formula: ref(2), upgrade: { ...upgrade, step: 'resuming' } }, flag).upgrade,
      undefined,
    );
  });

  it('is config-changed where the config is known and not the one that was seen last', () => {
    const seen = configDigest({ a: 1, b: 'x' });
    assert.equal(intent({ configDigest: seen }, {}, { b: 'x' }).configure, true);
    assert.equal(
      computeIntent({
        ...alone,
        record: { ...newRecord('f/0', 'f', ''), configDigest: seen },
        requests: noRequests,
        view: { service, config: {}, isGone: false },
        digest: configDigest({ b: 'x', a: 1 }),
      }).configure,
      false,
      'whatever the order of its keys',
    );
    assert.equal(intent({ configDigest: null }, {}, {}).configure, true);
    assert.equal(intent({ configDigest: seen }).configure, false, 'what is not known asks nothing');
  });

  it('is a try with the new config where the unit is in error for another one', () => {
    const [old, now] = [configDigest({ b: 'old' }), { b: 'now' }];
    const error = { state: 'config-error' } as const;
    for (const [record, expected] of [
      [{ ...error, configDigest: old }, true],
      [{ ...error, configDigest: configDigest(now) }, false],
      // Of a record of release 0.1.0, or where the breaker ended it, it may not be known.
      [{ ...error, configDigest: null }, false],
      [{ ...error, configDigest: old, failedConfig: null }, false],
      [{ ...error, configDigest: old, failedConfig: configDigest(now) }, false],
      [{ ...error, configDigest: null, failedConfig: old }, true],
      [{ state: 'started', configDigest: old }, false],
    ] as const)
      assert.equal(intent(record, {}, now).reconfigure, expected, JSON.stringify(record));
    assert.equal(
      intent({ ...error, configDigest: old }).reconfigure,
      false,
      'what is not known asks nothing',
    );
  });

  it('is what an operator resolved, until that was honoured', () => {
    const resolved = (retry: boolean) => ({ resolved: { value: { ...by, id: 'this', retry }, version: 0 } });
    assert.equal(intent({}, resolved(true)).resolved, 'retry');
    assert.equal(intent({}, resolved(false)).resolved, 'done');
    assert.equal(intent({ resolvedId: 'this' }, resolved(true)).resolved, undefined);
    assert.equal(intent({ resolvedId: 'an earlier one' }, resolved(true)).resolved, 'retry');
  });

  it('is removal as soon as it was asked for', () => {
    assert.equal(intent({}, { removal: { value: by, version: 0 } }).removal, true);
  });
});
