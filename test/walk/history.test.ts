import { Walk } from './walk.js';

const broken = '[ "$ENSEMBLE_UNIT_NAME" = f/0 ] || [ -e "$TRACE/gate-mended" ] || { echo no index; exit 1; }';

describe('out of the trouble of the night before, by what is printed', () => {
  let walk: Walk;
  beforeEach(async () => {
    walk = await Walk.open({ variables: { ENSEMBLE_OPERATOR: 'ada' } });
    await walk.world.agentProcess();
  });
  afterEach(() => walk.close());

  it('where nobody knows what changed, and by whom', async () => {
    await walk.running(2);
    await walk.formula(2, { hooks: { 'upgrade-formula': broken } });
    await walk.stage.shell('ENSEMBLE_OPERATOR=bob ensemble upgrade-formula f');
    await walk.meets('ensemble status');
    await walk.meets('ensemble --help');
    await walk.learns('history');
    await walk.follows(/ensemble history --since "yesterday 18:00"/);
    await walk.sees(/ f +deploy +asked +- +ada@/);
    await walk.sees(/ f +upgrade +asked +- +bob@\S+ +world:f-1 +world:f-2/);
    await walk.world.openGate('mended');
    await walk.follows(/ensemble resolved --retry f\/1/);
    await walk.world.untilOn('world:f-2', 'f/1');
    await walk.meets('ensemble status');
    await walk.follows(/ensemble rollout retry f/);
    await walk.untilFine(['f/0', 'f/1'], 'world:f-2');
  });
});
