import assert from 'node:assert/strict';
import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';
import { untoldAfter, untoldWith } from '../../../agent/journal/untold-history.js';
import { type HistoryEntry, newEntry } from '../../../state/model/history-entry.js';
import type { LeftBehind } from '../../../state/model/left-behind.js';
import { noRequests, type UnitRequests } from '../../../state/model/requests.js';

const since = '2026-01-01T00:00:00.000Z';
/** Two seconds later. */
const at = '2026-01-01T00:00:02.000Z';
const record = newRecord('f/0', 'f', since);
const ref = (revision: number) => ({ id: `p:f-${revision}`, sha256: '', directory: `${revision}-x` });
const upgrade = {
  from: ref(1),
  to: ref(2),
  step: 'hook' as const,
  since,
  by: 'ann@host',
  resumeIn: 'configuring' as const,
};
const resuming = { ...upgrade, step: 'resuming' as const };
const left: LeftBehind = {
  ...{ from: 'p:f-1', to: 'p:f-2', directory: '/u/f-1', kept: true },
  ...{ written: ['a'], changed: [], more: 0 },
};
const leftSaid = 'what hooks left in p:f-1 stays in /u/f-1: they wrote a';

function resolvedBy(by: string, retry: boolean): Partial<UnitRequests> {
  return { resolved: { value: { id: 'r', retry, by, requestedAt: since }, version: 0 } };
}

describe('a change of a unit’s record becomes news for its history:', () => {
  const rows: readonly {
    readonly rule: string;
    readonly before: Partial<UnitRecord>;
    readonly after: Partial<UnitRecord>;
    readonly requests?: Partial<UnitRequests>;
    readonly news: Partial<HistoryEntry> | undefined;
  }[] = [
    {
      rule: 'none while the state stays',
      before: { state: 'started' },
      after: { state: 'started' },
      news: undefined,
    },
    {
      rule: 'none of taking up a job',
      before: { state: 'started' },
      after: { state: 'configuring' },
      news: undefined,
    },
    {
      rule: 'an installation, with what was installed',
      before: { state: 'installing' },
      after: { state: 'starting', formula: ref(1) },
      news: { what: 'install', outcome: 'done', to: 'p:f-1', took: 2_000 },
    },
    {
      rule: 'a start',
      before: { state: 'starting' },
      after: { state: 'started', formula: ref(1) },
      news: { what: 'start', outcome: 'done', took: 2_000 },
    },
    {
      rule: 'a stop',
      before: { state: 'stopping' },
      after: { state: 'stopped' },
      news: { what: 'stop', outcome: 'done', took: 2_000 },
    },
    {
      rule: 'no time below nothing, if the clock was set back',
      before: { state: 'configuring', since: '2026-01-02T00:00:00.000Z' },
      after: { state: 'started' },
      news: { what: 'config', outcome: 'done', took: 0 },
    },
    {
      rule: 'a job that failed, with its error',
      before: { state: 'configuring' },
      after: { state: 'config-error', error: 'exit 1' },
      news: { what: 'config', outcome: 'failed', message: 'exit 1', took: 2_000 },
    },
    {
      rule: 'an upgrade that failed, with its way',
      before: { state: 'upgrading', upgrade },
      after: { state: 'upgrade-error', error: 'exit 1', upgrade },
      news: {
        ...{ what: 'upgrade', outcome: 'failed', message: 'exit 1', took: 2_000 },
        ...{ from: 'p:f-1', to: 'p:f-2', by: 'ann@host' },
      },
    },
    {
      rule: 'a way back that failed, as one',
      before: { state: 'upgrading', upgrade: { ...upgrade, to: ref(1), revert: true, replaces: ref(2) } },
      after: { state: 'upgrade-error', error: 'exit 1' },
      news: {
        ...{ what: 'revert', outcome: 'failed', message: 'exit 1', took: 2_000 },
        ...{ from: 'p:f-2', to: 'p:f-1', by: 'ann@host' },
      },
    },
    {
      rule: 'an upgrade that failed and turns back, once',
      before: { state: 'upgrading', upgrade },
      after: { state: 'upgrading', upgrade: { ...upgrade, to: ref(1), failure: 'exit 1' } },
      news: {
        ...{ what: 'upgrade', outcome: 'failed', message: 'exit 1', took: 2_000 },
        ...{ from: 'p:f-1', to: 'p:f-2', by: 'ann@host' },
      },
    },
    {
      rule: 'none of an upgrade that goes on turning back',
      before: { state: 'upgrading', upgrade: { ...upgrade, failure: 'exit 1' } },
      after: { state: 'upgrading', upgrade: { ...upgrade, failure: 'exit 1', step: 'swapping' } },
      news: undefined,
    },
    {
      rule: 'an upgrade when it is committed, not before',
      before: { state: 'upgrading', upgrade },
      after: { state: 'upgrading', upgrade: resuming },
      news: {
        ...{ what: 'upgrade', outcome: 'done', took: 2_000 },
        ...{ from: 'p:f-1', to: 'p:f-2', by: 'ann@host' },
      },
    },
    {
      rule: 'none of a committed upgrade that goes on',
      before: { state: 'upgrading', upgrade: resuming },
      after: { state: 'upgrading', upgrade: resuming, message: 'busy' },
      news: undefined,
    },
    {
      rule: 'none of a committed upgrade once more',
      before: { state: 'upgrading', upgrade: resuming },
      after: { state: 'configuring', upgrade: null },
      news: undefined,
    },
    {
      rule: 'a revert, from the formula that it replaced',
      before: { state: 'upgrading', upgrade: { ...upgrade, revert: true, replaces: ref(3) } },
      after: { state: 'upgrading', upgrade: { ...resuming, revert: true } },
      news: { what: 'revert', outcome: 'done', from: 'p:f-3', to: 'p:f-2' },
    },
    {
      rule: 'an upgrade with what it went over and what it left behind, for people and for programs',
      before: { state: 'upgrading', upgrade: { ...upgrade, over: 'over the word of f/0' } },
      after: { state: 'upgrading', upgrade: resuming, leftBehind: left },
      news: {
        message: `over the word of f/0; ${leftSaid}`,
        details: { over: 'over the word of f/0', leftBehind: left },
      },
    },
    {
      rule: 'that an operator has the hook run again',
      before: { state: 'start-error' },
      after: { state: 'starting', resolvedId: 'r' },
      requests: resolvedBy('ann@host', true),
      news: { what: 'resolved', outcome: 'done', message: 'the hook runs again', by: 'ann@host' },
    },
    {
      rule: 'that an operator takes the hook as done',
      before: { state: 'start-error' },
      after: { state: 'started', resolvedId: 'r' },
      requests: resolvedBy('ann@host', false),
      news: { what: 'resolved', outcome: 'done', message: 'taken as done', by: 'ann@host' },
    },
    {
      rule: 'none if a unit leaves its error by itself',
      before: { state: 'start-error' },
      after: { state: 'starting' },
      news: undefined,
    },
  ];
  for (const { rule, before, after, requests = {}, news } of rows)
    it(rule, () => {
      const told = untoldAfter(
        { ...record, ...before },
        { ...record, ...after },
        { ...noRequests, ...requests },
        at,
      );
      assert.equal(told.length, news === undefined ? 0 : 1);
      const [entry] = told;
      const said: Readonly<Record<string, unknown>> = entry ?? {};
      if (entry !== undefined) assert.equal(entry.at, at);
      for (const [name, value] of Object.entries(news ?? {})) assert.deepEqual(said[name], value, name);
    });

  it('after what is untold already, and of the life that the unit lives', () => {
    const earlier = newEntry({ at: since, what: 'install', outcome: 'done' });
    const living = { ...record, incarnation: 'abc', state: 'started' as const, news: [earlier] };
    const told = untoldAfter({ ...living, state: 'starting' }, living, noRequests, at);
    assert.deepEqual(
      told.map(({ what, incarnation }) => [what, incarnation]),
      [
        ['install', undefined],
        ['start', 'abc'],
      ],
    );
  });

  it('the last thirty: the oldest are forgotten while the coordinator is away', () => {
    let news: readonly HistoryEntry[] = [];
    for (let number = 0; number < 32; number += 1)
      news = untoldWith({ ...record, news }, { at, what: `hook-${number}`, outcome: 'done' });
    assert.deepEqual([news.length, news[0]?.what, news.at(-1)?.what], [30, 'hook-2', 'hook-31']);
    const next = { ...record, news, state: 'started' as const };
    const told = untoldAfter({ ...next, state: 'starting' }, next, noRequests, at);
    assert.deepEqual([told.length, told[0]?.what, told.at(-1)?.what], [30, 'hook-3', 'start']);
  });
});
