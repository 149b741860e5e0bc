import assert from 'node:assert/strict';
import { type Recognition, recognise } from '../../../agent/environment/recognise.js';

const layout = (environment?: string) => ({
  level: 1,
  sublevel: 0,
  minReader: 1,
  ...(environment !== undefined && { environment }),
});
const mark = (count: number) => ({ count, at: '2026-01-01T00:00:00Z', machine: 'm0' });
const knows = (environment: string, count?: number) => ({
  environment,
  ...(count !== undefined && { mark: mark(count) }),
});

describe('whether a tree is the one that a data directory knows', () => {
  const rows: readonly [string, Parameters<typeof recognise>, Recognition['kind']][] = [
    ['a new directory takes any tree', [undefined, layout('a'), mark(9)], 'known'],
    ['a new directory, and no tree', [undefined, undefined, undefined], 'known'],
    ['the same environment, as far on', [knows('a', 3), layout('a'), mark(3)], 'known'],
    ['killed after the tree was told', [knows('a', 3), layout('a'), mark(4)], 'known'],
    ['killed before anything was told', [knows('a'), layout('a'), undefined], 'known'],
    ['no tree where there was one', [knows('a', 3), undefined, undefined], 'missing'],
    ['another environment', [knows('a', 3), layout('b'), mark(9)], 'foreign'],
    ['one without an id, where it had one', [knows('a', 3), layout(), mark(9)], 'foreign'],
    ['a copy of before', [knows('a', 3), layout('a'), mark(2)], 'older'],
    ['a copy of before this agent was there', [knows('a', 1), layout('a'), undefined], 'older'],
  ];
  for (const [title, given, kind] of rows)
    it(`${title}: ${kind}`, () => assert.equal(recognise(...given).kind, kind));
});
