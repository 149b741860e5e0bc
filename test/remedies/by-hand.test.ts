import { diskRows } from './disk-rows.js';
import { handRows } from './hand-rows.js';
import { newerRows } from './newer-rows.js';
import { tryRows } from './stage.js';

describe('a remedy for what another hand or release wrote, or a disk has no room for', function () {
  this.timeout(120_000);
  tryRows([...handRows, ...newerRows, ...diskRows]);
});
