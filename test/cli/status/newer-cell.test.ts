import assert from 'node:assert/strict';
import { newerCell } from '../../../cli/status/newer-cell.js';

const rows = [
  [undefined, '-'],
  [{ eligible: 10, questionable: null, urgent: null }, '10'],
  [{ eligible: 10, questionable: 9, urgent: 9 }, '10, 9 urgent'],
  [{ eligible: 10, questionable: 11, urgent: null }, '10, 11 questionable'],
  [{ eligible: null, questionable: 11, urgent: 11 }, '11 questionable, 11 urgent'],
] as const;

describe('what is newer, in a cell of the table of services', () => {
  for (const [known, cell] of rows)
    it(`is ${cell} for ${JSON.stringify(known)}`, () => assert.equal(newerCell(known), cell));
});
