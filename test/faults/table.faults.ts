import { describeRows } from './describe-rows.js';
import { chosenRows } from './table.js';

describe('the fault table', () => {
  describeRows(chosenRows());
});
