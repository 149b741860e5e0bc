import assert from 'node:assert/strict';
import { setExposed } from '../../control/exposure.js';
import { paths } from '../../state/model/paths.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

interface Row {
  readonly at: string;
  readonly unit?: string;
  readonly service: string;
  readonly what: string;
  readonly outcome: string;
}

describe('a history over a clock that stepped back', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** The request of somebody whose clock says so, this day long ago. */
  const at = (time: string) => ({ requestedAt: `2026-01-02T${time}:00.000Z`, by: 'ann@m0' });

  async function told(...args: readonly string[]): Promise<readonly string[]> {
    const { code, stdout, stderr } = await ensemble(world, 'history', '--format', 'json', ...args);
    assert.equal(code, 0, stderr);
    const rows: readonly Row[] = JSON.parse(stdout);
    return rows.map(({ unit, service, what, outcome }) => `${unit ?? service} ${what} ${outcome}`);
  }

  it('is in the order in which all went on record, of services and units alike', async () => {
    const one = await world.publish(1, { config: 'options:\n  a:\n    type: int\n    default: 0\n' });
    await world.agent();
    await world.deploy(one, 1, 'f');
    await world.untilOn(one, 'f/0');
    await setConfigValues(world.coordinator, 'f', { a: 1 }, at('12:00'));
    await eventually(async () => assert.equal((await told()).at(-1), 'f/0 config done'));
    await world.deploy(one, 0, 'g');
    await setExposed(world.coordinator, 'g', true, at('11:00'));
    await setConfigValues(world.coordinator, 'f', { a: 2 }, at('11:30'));
    await eventually(async () => assert.equal((await told()).at(-1), 'f/0 config done'));
    await setExposed(world.coordinator, 'g', false, at('11:20'));
    const later = [
      'f set asked',
      'f/0 config done',
      'g expose asked',
      'f set asked',
      'f/0 config done',
      'g unexpose asked',
    ];
    assert.deepEqual((await told()).slice(-6), later);
    assert.deepEqual(
      (await told('f')).slice(-4),
      later.filter((line) => line.startsWith('f')),
    );
    // What came behind an entry of that time came later than it, whatever the clock said.
    assert.deepEqual(await told('--since', '2026-01-02T12:00Z', 'g'), []);
    assert.deepEqual((await told('--since', '2026-01-02T11:45Z')).slice(-6), later);
    const period = ['--since', '2026-01-02T11:10Z', '--until', '2026-01-02T11:30Z'];
    assert.deepEqual(await told(...period, '--what', 'expose,unexpose,set'), [
      'g expose asked',
      'f set asked',
      'g unexpose asked',
    ]);
  });

  it('goes on where the number of requests cannot be read, or says nonsense', async () => {
    await world.deploy(await world.publish(1), 0, 'f');
    for (const [index, value] of [
      '{',
      '{"order":"many"}',
      '{"order":-1}',
      '{"order":9007199254740991}',
      '7',
    ].entries()) {
      await world.coordinator.set(paths.history, value);
      await setExposed(world.coordinator, 'f', index % 2 === 0, at(`11:0${index}`));
      assert.equal((await world.coordinator.get(paths.exposed('f'))) !== undefined, index % 2 === 0);
    }
    assert.equal((await told()).filter((line) => line.includes('expose')).length, 5);
  });
});
