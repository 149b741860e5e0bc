import assert from 'node:assert/strict';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensureWatcherNodes } from '../../state/model/watcher.js';
import { useSandbox } from '../cli/sandbox.js';

describe('repositories that are watched', function () {
  this.timeout(120_000);
  const world = useSandbox();

  it('are shown by the names that they were given, however their URLs are spelled', async () => {
    await world.box.formula('guestbook', 1);
    await world.box.bootstrap();
    await world.box.ok('repository', 'add', 'ours', world.box.repository);
    const tree = await world.box.coordinator();
    await ensureWatcherNodes(tree);
    const record = {
      at: new Date().toISOString(),
      ms: 1,
      outcome: 'ok',
      failures: 0,
      circuit: 'closed',
      services: 1,
    };
    const locations = [`${world.box.repository}/`, 'https://example.com/others/', 'no such: place'] as const;
    for (const [key, location] of locations.entries())
      await tree.create(paths.watcherRepository(`${key}`), nodeValue({ ...record, location }));
    const { stdout } = await world.box.ok('watcher', 'repositories', '--format', 'json');
    const { repositories } = JSON.parse(stdout);
    assert.deepEqual(
      repositories.map(({ location, name }: { location: string; name?: string }) => [location, name]),
      [
        [locations[0], 'ours'],
        [locations[1], undefined],
        [locations[2], undefined],
      ],
    );
    const table = (await world.box.ok('watcher', 'repositories')).stdout;
    assert.match(table, /^ANSWER .* NAME +WHERE\n/);
    assert.match(table, / 1 +ours +\/\S+\/$/m);
    assert.match(table, / 1 +- +https:\/\/example.com\/others\/$/m);
  });
});
