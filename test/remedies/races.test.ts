import { hostRows } from './host-rows.js';
import { raceRows } from './race-rows.js';
import { endRaces } from './races.js';
import { tryRows } from './stage.js';

describe('a remedy that takes ZooKeeper: of races, and of hosts', function () {
  this.timeout(120_000);
  after(endRaces);
  tryRows([...raceRows, ...hostRows]);
});
