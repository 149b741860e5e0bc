import assert from 'node:assert/strict';
import { formatBytes } from '../../../state/platform/format-bytes.js';

describe('bytes as people read them', () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1_000, '1.0 KB'],
    [7_700, '7.7 KB'],
    [9_949, '9.9 KB'],
    [9_950, '10 KB'],
    [999_499, '999 KB'],
    [999_500, '1.0 MB'],
    [12e9, '12 GB'],
    [5e18, '5000 PB'],
  ];
  for (const [bytes, text] of rows) it(`${bytes}: ${text}`, () => assert.equal(formatBytes(bytes), text));
});
