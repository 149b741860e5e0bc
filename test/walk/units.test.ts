import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import { Walk } from './walk.js';

/** Its clock is a minute ahead of the agent's: a hook that runs has run for long. */
const AHEAD = { NODE_OPTIONS: `--import=${new URL('clock-ahead.js', import.meta.url).href}` };

const broken = '[ -e "$TRACE/gate-mended" ] || { echo "no database guests"; exit 1; }';
const hanging = '[ "$ENSEMBLE_UNIT_NAME" = f/0 ] || [ -e "$TRACE/gate-mended" ] || exec sleep 1000';

describe('out of the trouble with a unit, by what is printed', () => {
  let walk: Walk;
  afterEach(() => walk.close());

  async function opened(variables: Readonly<Record<string, string>> = {}): Promise<void> {
    walk = await Walk.open({ variables });
    await walk.world.agentProcess();
  }

  it('whose hook hangs', async () => {
    await opened(AHEAD);
    await walk.running(2);
    await walk.formula(2, { hooks: { 'upgrade-formula': hanging } });
    await walk.begins('ensemble upgrade-formula f');
    await walk.sees(/hook upgrade-formula runs since/);
    await walk.pressesCtrlC();
    await walk.ends(130);
    await walk.follows(/ensemble status f/);
    await walk.sees(/upgrade-formula runs since/);
    await walk.follows(/ensemble abort f\/1/);
    await walk.follows(/ensemble status/);
    await walk.world.until('upgrade-error', 'f/1');
    await walk.meets('ensemble status');
    await walk.world.openGate('mended');
    await walk.follows(/ensemble resolved --retry f\/1/);
    await walk.world.untilOn('world:f-2', 'f/1');
    await walk.meets('ensemble status');
    await walk.follows(/ensemble rollout retry f/);
    await walk.untilFine(['f/0', 'f/1'], 'world:f-2');
  });

  it('that hangs while it stops', async () => {
    await opened(AHEAD);
    await walk.running(2, { hooks: { stop: hanging } });
    await walk.meets('ensemble remove-unit f/1');
    await walk.world.until('stopping', 'f/1');
    await eventually(async () => assert.ok((await walk.world.unit('f/1')).status.hook));
    await walk.follows(/ensemble status/);
    await walk.follows(/ensemble abort f\/1/);
    await walk.world.until('stop-error', 'f/1');
    await walk.follows(/ensemble status/);
    await walk.world.openGate('mended');
    await walk.follows(/ensemble resolved --retry f\/1/);
    await walk.untilFine(['f/0']);
  });

  it('that cannot stop', async () => {
    await opened();
    await walk.running(2, { hooks: { stop: 'echo the volume is busy; exit 1' } });
    await walk.meets('ensemble remove-unit f/1');
    await walk.world.until('stop-error', 'f/1');
    await walk.follows(/ensemble status/);
    await walk.sees(/the volume is busy/);
    await walk.follows(/ensemble resolved f\/1/);
    await walk.untilFine(['f/0']);
  });

  it('of which a relation is in error', async () => {
    await opened();
    const files = {
      'metadata.yaml':
        'name: f\nrevision: 1\nsummary: s\nprovides: {srv: thing}\nrequires: {cli: {interface: thing, optional: true}}\n',
    };
    await walk.running(1, { files, hooks: { 'cli-relation-changed': broken } });
    await walk.stage.ok('ensemble deploy --repository world f db');
    await walk.meets('ensemble add-relation f:cli db:srv');
    await eventually(async () =>
      assert.equal((await walk.world.unit()).status.relations?.['cli:0']?.state, 'error'),
    );
    await walk.meets('ensemble status');
    await walk.follows(/ensemble debug-log -i f\/0/);
    await walk.untilSees(/no database guests/);
    await walk.world.openGate('mended');
    await walk.follows(/ensemble resolved --retry f\/0 cli:0/);
    await walk.untilFine(['db/0', 'f/0']);
  });
});
