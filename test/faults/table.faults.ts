import { describeRows } from './describe-rows.js';
import { chosenRows, TITLE } from './table.js';

describe(TITLE, () => {
  describeRows(chosenRows());
});
