import { Walk } from './walk.js';

const two = ['f/0', 'f/1'];
const five = ['f/0', 'f/1', 'f/2', 'f/3', 'f/4'];
const notOnThree = (says: string): string =>
  `[ "$ENSEMBLE_UNIT_NAME" != f/3 ] || [ -e "$TRACE/gate-mended" ] || { echo ${says}; exit 3; }`;

describe('out of the trouble with an upgrade, by what is printed', () => {
  let walk: Walk;
  beforeEach(async () => {
    walk = await Walk.open();
    await walk.world.agentProcess();
  });
  afterEach(() => walk.close());

  it('whose hook fails on one of five units', async () => {
    await walk.running(five.length);
    await walk.formula(2, { hooks: { 'upgrade-formula': notOnThree('no room in /srv') } });
    await walk.meets('ensemble upgrade-formula --strategy all f', 1);
    await walk.follows(/ensemble debug-log -i f\/3/);
    await walk.untilSees(/no room in \/srv/);
    await walk.world.openGate('mended');
    await walk.follows(/ensemble resolved --retry f\/3/);
    await walk.untilFine(five, 'world:f-2');
  });

  it('whose hook fails on one of five units, one after the other', async () => {
    await walk.running(five.length);
    await walk.formula(2, { hooks: { 'upgrade-formula': notOnThree('no room in /srv') } });
    await walk.meets('ensemble upgrade-formula f', 1);
    await walk.sees(/the rollout failed: f\/3 failed/);
    await walk.world.openGate('mended');
    await walk.follows(/ensemble rollout retry f/);
    await walk.untilFine(five, 'world:f-2');
  });

  it('whose canary turns out to be no good', async () => {
    await walk.running(two.length);
    await walk.formula(2);
    await walk.meets('ensemble upgrade-formula --canary 1 f');
    await walk.sees(/the rollout waits for a word/);
    await walk.follows(/ensemble rollout revert f/);
    await walk.untilFine(two, 'world:f-1');
  });

  it('whose hook fails for good on one of five units, which alone goes back', async () => {
    await walk.running(five.length);
    await walk.formula(2, { hooks: { 'upgrade-formula': notOnThree('no index') } });
    await walk.meets('ensemble upgrade-formula --strategy all f', 1);
    await walk.meets('ensemble status');
    await walk.follows(/ensemble revert-formula f\/3/);
    await walk.world.untilOn('world:f-1', 'f/3');
    await walk.meets('ensemble status');
    await walk.world.openGate('mended');
    await walk.follows(/ensemble rollout retry f/);
    await walk.untilFine(five, 'world:f-2');
  });

  it('whose formula is bad, and is on half of the units already: all go back, and go on with a mended one', async () => {
    await walk.running(five.length);
    await walk.formula(2, { hooks: { 'upgrade-formula': notOnThree('no index') } });
    await walk.meets('ensemble upgrade-formula --strategy all f', 1);
    await walk.sees(/f\/3 failed: .*no index/);
    await walk.follows(/ensemble revert-formula f/);
    await walk.untilFine(five, 'world:f-1');
    await walk.formula(3);
    await walk.follows(/ensemble upgrade-formula f/);
    await walk.untilFine(five, 'world:f-3');
  });

  it('of the wrong service', async () => {
    await walk.running(two.length);
    await walk.formula(2);
    await walk.meets('ensemble upgrade-formula f');
    await walk.follows(/ensemble revert-formula f/);
    await walk.untilFine(two, 'world:f-1');
  });

  it('that should go two revisions back', async () => {
    await walk.running(two.length);
    for (const revision of [2, 3]) {
      await walk.formula(revision);
      await walk.meets('ensemble upgrade-formula f');
    }
    await walk.sees(/to go back to world:f-2: /);
    await walk.follows(/ensemble revert-formula f/);
    await walk.sees(/to go back to world:f-1: /);
    await walk.follows(/ensemble revert-formula f/);
    await walk.untilFine(two, 'world:f-1');
  });

  it('that two operators want otherwise at once: the one learns who the other one is', async () => {
    await walk.running(two.length);
    await walk.formula(2, { hooks: { 'upgrade-formula': 'gate open' } });
    const other = await walk.another();
    await walk.begins('ensemble upgrade-formula f');
    await walk.sees(/upgrading, hook/);
    await other.begins('ensemble revert-formula f');
    await other.sees(/f goes back from world:f-2 to world:f-1/);
    await walk.world.openGate('open');
    await other.ends();
    await other.untilFine(two, 'world:f-1');
    await walk.ends(1);
    await walk.follows(/ensemble history f/);
    await walk.sees(/revert +asked +- +\S+@/);
    await walk.untilFine(two, 'world:f-1');
  });

  it('of which some units are not on the newest formula', async () => {
    await walk.running(five.length);
    await walk.formula(2);
    await walk.stage.ok('ensemble upgrade-formula --unit f/1,f/3 f');
    await walk.meets('ensemble status');
    await walk.follows(/ensemble status --behind/);
    await walk.sees(/^3 units: 3 started$/m);
    await walk.follows(/ensemble upgrade-formula --revision 2 f/);
    await walk.untilFine(five, 'world:f-2');
  });
});
