import { raceRows } from './race-rows.js';
import { endRaces } from './races.js';
import { tryRows } from './stage.js';

describe('a remedy that a race is told with', function () {
  this.timeout(60_000);
  after(endRaces);
  tryRows(raceRows);
});
