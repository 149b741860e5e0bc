import assert from 'node:assert/strict';
import type { RelationEvent } from '../../../agent/journal/relation-queue.js';
import { newRelationRecord } from '../../../agent/journal/relation-record.js';
import { keepLastSettings } from '../../../agent/relation/last-settings.js';

const record = newRelationRecord({
  unit: 'f/0',
  relation: '4',
  identifier: 'db:4',
  name: 'db',
  role: 'requires',
  interface: 'sql',
  remoteService: 'g',
  meeting: '/relations/4',
});

describe('of members that depart, the relation’s record keeps', () => {
  type Settings = Readonly<Record<string, Readonly<Record<string, string>>>>;
  const departed: RelationEvent = { kind: 'departed', unit: 'g/0' };
  const rows: readonly {
    readonly rule: string;
    readonly events: readonly RelationEvent[];
    readonly kept?: Settings;
    readonly seen?: Settings;
    readonly keeps: Settings;
  }[] = [
    {
      rule: 'the settings that were seen last',
      events: [departed],
      seen: { 'g/0': { port: '1' }, 'g/1': { port: '2' } },
      keeps: { 'g/0': { port: '1' } },
    },
    {
      rule: 'what it kept before, rather than what another life of the name has set since',
      events: [departed],
      kept: { 'g/0': { port: '1' } },
      seen: { 'g/0': { port: '9' } },
      keeps: { 'g/0': { port: '1' } },
    },
    {
      rule: 'what it kept before, if nothing was seen',
      events: [departed],
      kept: { 'g/0': { a: '1' } },
      keeps: { 'g/0': { a: '1' } },
    },
    { rule: 'nothing of a member that was never seen', events: [departed], keeps: {} },
    { rule: 'nothing once its departure was told', events: [], kept: { 'g/0': { port: '1' } }, keeps: {} },
    {
      rule: 'nothing of members that stay',
      events: [{ kind: 'changed', unit: 'g/0' }, { kind: 'broken' }],
      seen: { 'g/0': { port: '1' } },
      keeps: {},
    },
  ];
  for (const { rule, events, kept = {}, seen, keeps } of rows)
    it(rule, () => {
      const members =
        seen && new Map(Object.entries(seen).map(([unit, settings]) => [unit, { version: 0, settings }]));
      const before = { ...record, departed: kept, queue: { ...record.queue, events: [...events] } };
      assert.deepEqual(keepLastSettings(before, members).departed, keeps);
    });
});
