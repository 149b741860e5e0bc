import { settles } from './settles.js';

describe('many units with many relations on one agent', function () {
  this.timeout(120_000);

  it('40 units with 40 relations start, relate and settle (500 of them in `npm run test:scale`)', () =>
    settles(40, 60_000));
});
