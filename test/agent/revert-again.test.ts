import assert from 'node:assert/strict';
import type { Service } from '../../state/model/service-schemas.js';
import { requireService } from '../../state/model/services.js';
import { type CommandEnd, ensemble } from './operator.js';
import { World } from './world.js';

const metadata = (revision: number): string =>
  `name: f\nrevision: ${revision}\nprovides: {srv: thing}\n${revision > 1 ? 'requires: {cli: thing}\n' : ''}`;

describe('revert-formula', () => {
  let world: World;
  before(async () => {
    world = await World.open();
    await world.agent();
    await write(1);
    await done('deploy', '--repository', world.path('world'), 'f', 'web');
    await done('deploy', '--repository', world.path('world'), 'f', 'db');
    for (const revision of [2, 3]) {
      await write(revision);
      await done('upgrade-formula', 'web');
    }
    await done('add-relation', 'web:cli', 'db:srv');
  });
  after(() => world.close());

  const write = (revision: number): Promise<string> =>
    world.writeFormula(revision, { files: { 'metadata.yaml': metadata(revision) } });

  async function done(...args: readonly string[]): Promise<CommandEnd> {
    const end = await ensemble(world, ...args);
    assert.equal(end.code, 0, `${args.join(' ')}: ${end.stderr}`);
    return end;
  }

  const service = async (): Promise<Service> => (await requireService(world.coordinator, 'web')).value;

  const refusal = (whose: string): string =>
    `ensemble: world:f-1 does not fit the relations of ${whose}:\n` +
    '  relation cli (with db): it is no longer there\n' +
    '  try: ensemble remove-relation web:cli db, or the same command with --force\n';

  it('goes back one formula, and names the relations in use that the one before that lacks', async () => {
    await done('revert-formula', 'web');
    await world.untilOn('world:f-2', 'web/0');
    for (const what of ['web', 'web/0']) {
      const { code, stderr } = await ensemble(world, 'revert-formula', what);
      assert.equal(code, 1, stderr);
      assert.equal(stderr, refusal('web'));
    }
    const { formula, previous, bad } = await service();
    assert.deepEqual(
      { formula, previous, bad },
      { formula: 'world:f-2', previous: 'world:f-1', bad: ['world:f-3'] },
    );
  });

  it('by force goes back one more, saying what breaks, and is refused after that', async () => {
    const { stderr } = await done('revert-formula', '--force', 'web');
    assert.match(stderr, /^warning: world:f-1 breaks relation cli \(with db\): it is no longer there\n/);
    await world.untilOn('world:f-1', 'web/0');
    const end = await ensemble(world, 'revert-formula', 'web');
    assert.equal(end.code, 1);
    assert.match(end.stderr, /^ensemble: web has no formula before world:f-1 to go back to\n/);
    assert.deepEqual((await service()).bad, ['world:f-3', 'world:f-2']);
  });

  it('remembers two formulas again after the next upgrade', async () => {
    await write(4);
    await done('upgrade-formula', 'web');
    await write(5);
    await done('upgrade-formula', 'web');
    const { previous, earlier } = await service();
    assert.deepEqual([previous, earlier], ['world:f-4', ['world:f-1']]);
    assert.deepEqual((await world.unit('web/0')).unit.earlier, ['world:f-4', 'world:f-1']);
  });
});
