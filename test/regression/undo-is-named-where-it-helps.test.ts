import assert from 'node:assert/strict';
import { Stage } from '../remedies/stage.js';

const CONFIG = 'options:\n  title: {type: string, default: a}\n';
const REFUSES = '[ "$(config-get title)" != bad ] || exit 3';

/** Who had not followed the `set` was never told that it can be taken back. */
describe('set --undo', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
    await stage.world.publish(1, { config: CONFIG, hooks: { 'config-changed': REFUSES } });
    await stage.world.agent();
  });
  afterEach(() => stage.close());

  const next = async (): Promise<string> => (await stage.world.unit()).status.next ?? '';

  it('is named by the unit that the last set put in error, and leads out', async () => {
    const { world } = stage;
    await world.deploy('world:f-1');
    await world.untilOn('world:f-1');
    await stage.ok('ensemble set --no-wait f title=bad');
    await world.until('config-error');
    assert.match(await next(), /, or: ensemble set --undo f \(takes back the last set\)$/);
    const shown = await stage.ok('ensemble status');
    assert.match(shown, /^ {4}or: ensemble set --undo f \(takes back/m);
    await stage.ok(/ensemble set --undo f/.exec(shown)?.[0] ?? '');
    await world.until('started');
    assert.equal(await next(), '');
  });

  it('is not named where nothing was set since the service was deployed', async () => {
    const file = await stage.file('bad.yaml', 'f:\n  title: bad\n');
    await stage.fails(`ensemble deploy --repository world --config ${file} f`, /start-error/);
    assert.match(await next(), /ensemble resolved --retry f\/0$/);
  });
});
