import { s3Rows } from '../remedies/s3-rows.js';
import { slowRows } from '../remedies/slow-rows.js';
import { tryRows } from '../remedies/stage.js';

describe('a remedy that is printed, and takes its time', function () {
  this.timeout(120_000);
  tryRows([...slowRows, ...s3Rows]);
});
