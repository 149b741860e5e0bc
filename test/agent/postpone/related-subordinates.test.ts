import assert from 'node:assert/strict';
import { addRelation } from '../../../control/relate/add-relation.js';
import { parseEndpointName } from '../../../state/model/endpoints.js';
import { createService } from '../../../state/model/services.js';
import { eventually } from '../../eventually.js';
import { type FormulaOptions, requester, World } from '../world.js';

const pending =
  '[ "$ENSEMBLE_UPGRADE_UNIT" = "$ENSEMBLE_UNIT_NAME" ] || echo "$ENSEMBLE_UPGRADE_UNIT" >>"$trace.asked"';
const formula = (revision: number, metadata: string): FormulaOptions => ({
  hooks: { 'upgrade-pending': pending },
  files: { 'metadata.yaml': `name: f\nrevision: ${revision}\n${metadata}` },
});

describe('a subordinate and the unit that it is placed beside', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('are asked about each other’s upgrades, and no other unit is', async () => {
    const app = 'provides: {web: http}\n';
    const log = 'subordinate: true\nrequires: {site: {interface: http, scope: container}}\n';
    await world.deploy(await world.publish(1, formula(1, app)), 2, 'app');
    const repository = { name: 'world', path: world.path('world') };
    await createService(
      world.coordinator,
      'log',
      { formula: await world.publish(2, formula(2, log)), repository },
      {},
    );
    const names = [parseEndpointName('log'), parseEndpointName('app')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
    await world.agent();
    for (const unit of ['app/0', 'log/0', 'app/1', 'log/1'])
      await eventually(async () => {
        const { status } = await world.unit(unit);
        assert.deepEqual(
          Object.values(status.relations ?? {}).map(({ state }) => state),
          ['up'],
        );
      }, 60_000);
    const later = await world.publish(3, formula(3, app));
    await world.upgrade(later, ['app/0'], false, 'app');
    await world.untilOn(later, 'app/0');
    const latest = await world.publish(4, formula(4, log));
    await world.upgrade(latest, ['log/1'], false, 'log');
    await world.untilOn(latest, 'log/1');
    const asked = async (unit: string): Promise<string> => world.text(`${unit}.asked`).catch(() => '');
    assert.deepEqual(await Promise.all(['app-0', 'app-1', 'log-0', 'log-1'].map(asked)), [
      '',
      'log/1\n',
      'app/0\n',
      '',
    ]);
  });
});
