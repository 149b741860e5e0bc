import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WantedFormula } from '../../../agent/contract/operations.js';
import type { Log } from '../../../agent/contract/log.js';
import { unitDirectory } from '../../../agent/disk/unit-directory.js';
import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';
import { OwnWord } from '../../../agent/postpone/own-word.js';
import { Postponement } from '../../../agent/postpone/postponement.js';
import { defaultUpgradeRules } from '../../../state/formula/upgrade-rules.js';
import { noRequests } from '../../../state/model/requests.js';
import type { Clock } from '../../../state/platform/clock.js';
import { findProcess } from '../../../state/platform/process-stat.js';
import { ManualClock } from '../../manual-clock.js';

/** A clock that counts the timers that are set. */
class CountedClock extends ManualClock implements Clock {
  timers = 0;

  override after(ms: number, callback: () => void) {
    let isSet = true;
    this.timers += 1;
    const end = (): void => {
      if (isSet) this.timers -= 1;
      isSet = false;
    };
    const timer = super.after(ms, () => {
      end();
      callback();
    });
    return {
      cancel: () => {
        end();
        return timer.cancel();
      },
    };
  }
}

describe('what watches a unit whose upgrade waits', () => {
  const silent: Log = { debug() {}, info() {}, warning() {}, error() {} };
  let root: string;
  let clock: CountedClock;
  let record: UnitRecord;
  let postponement: Postponement;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ensemble-monitor-'));
    clock = new CountedClock();
    const now = (): string => new Date(clock.now()).toISOString();
    const formula = { id: 'p:f-1', sha256: 'a', directory: 'f-1' };
    record = { ...newRecord('f/0', 'f', now()), state: 'started', formula, boot: 'b' };
    const note = (change: Partial<UnitRecord>): void => {
      record = { ...record, ...change };
    };
    const unit = {
      name: 'f/0',
      parts: { boot: 'b', clock, log: silent },
      directory: unitDirectory(root, 'f/0'),
      record: () => record,
      note,
      save: async (change: Partial<UnitRecord>) => note(change),
      now,
    };
    postponement = new Postponement({
      ...unit,
      word: new OwnWord(unit),
      related: { regards() {}, waits: () => [], isToAsk: () => false, isUnread: () => false },
      upgradeRules: () => defaultUpgradeRules,
      requests: () => noRequests,
      isStopped: () => false,
      lockstep: { goes: () => true },
      look: () => undefined,
    });
    const busy = join(unit.directory.root, 'busy');
    mkdirSync(busy, { recursive: true });
    const lease = {
      name: 'backup',
      pid: process.pid,
      startTime: findProcess(process.pid)?.startTime,
      boot: 'b',
      since: clock.now() / 1_000,
    };
    writeFileSync(join(busy, `backup.${process.pid}`), JSON.stringify(lease));
  });
  afterEach(() => {
    postponement.close();
    rmSync(root, { recursive: true });
  });

  it('is one, however often it is asked, by whom, and for what', () => {
    const wanted = (to: string): WantedFormula => ({ to, force: false, revert: false, revertOnError: false });
    for (let time = 0; time < 50; time += 1) assert.equal(postponement.stands(wanted('p:f-2')), true);
    assert.equal(clock.timers, 1);
    const { postponed } = record;
    for (const to of ['p:f-3', 'p:f-4', 'p:f-4', 'p:f-2'])
      assert.equal(postponement.stands(wanted(to)), true);
    clock.advance(10_000);
    assert.equal(clock.timers, 1);
    assert.deepEqual(record.postponed, postponed, 'since when it waits is the first time');
    assert.equal(postponement.stands(undefined), false);
    assert.equal(clock.timers, 0);
  });
});
