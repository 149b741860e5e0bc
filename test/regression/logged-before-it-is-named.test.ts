import assert from 'node:assert/strict';
import { readAllLogs } from '../../control/logs/log-reader.js';
import { paths } from '../../state/model/paths.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';

/** `ensemble debug-log -i f/0`, typed as soon as the failure named it, printed nothing. */
describe('the log of a failure is there before the status that names it', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** The lines that there are at the moment at which the status of `unit` names the log. */
  async function linesAtFirstSight(unit: string, act: () => Promise<unknown>): Promise<readonly string[]> {
    const seen = new Promise<readonly string[]>((resolve, reject) => {
      const observation = world.coordinator.observe(paths.status(unit), (node) => {
        if (node?.value.includes('ensemble debug-log') !== true) return;
        observation.close();
        readAllLogs(world.coordinator).then(
          ({ lines }) => resolve(lines.filter((line) => line.unit === unit).map(({ message }) => message)),
          reject,
        );
      });
    });
    await act();
    return seen;
  }

  it('of the first hook', async () => {
    await world.publish(1, { hooks: { install: 'echo no room; echo no hope >&2; exit 1' } });
    await world.agent();
    const lines = await linesAtFirstSight('f/0', () => world.deploy('world:f-1'));
    assert.deepEqual(lines, ['no room', 'no hope']);
  });

  it('with a last line that has no end', async () => {
    await world.publish(1, { hooks: { install: 'printf "no room"; exit 1' } });
    await world.agent();
    assert.deepEqual(await linesAtFirstSight('f/0', () => world.deploy('world:f-1')), ['no room']);
  });

  it('right after other hooks, whose lines were gathered just before, and of much that is printed', async () => {
    const config = 'options:\n  title: {type: string, default: a}\n';
    const hook = 'echo seen; [ "$(config-get title)" = a ] || { seq 100000; echo the last; exit 1; }';
    await world.publish(1, { config, hooks: { 'config-changed': hook } });
    await world.agent();
    await world.deploy('world:f-1');
    await world.untilOn('world:f-1');
    const lines = await linesAtFirstSight('f/0', () => ensemble(world, 'set', '--no-wait', 'f', 'title=b'));
    assert.equal(lines.at(-1), 'the last');
  });

  it('of each of many units that fail at once', async () => {
    await world.publish(1, { hooks: { install: 'echo "no room for $ENSEMBLE_UNIT_NAME"; exit 1' } });
    await world.agent();
    const units = Array.from({ length: 12 }, (_, number) => `f/${number}`);
    const deployed = world.deploy('world:f-1', units.length);
    await Promise.all(
      units.map(async (unit) =>
        assert.deepEqual(await linesAtFirstSight(unit, () => deployed), [`no room for ${unit}`]),
      ),
    );
  });
});
