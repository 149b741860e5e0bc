import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { useSandbox } from '../cli/sandbox.js';

/** The storage had lost a bundle, the command that an error names stored it again, and said nothing of it. */
describe('a bundle that the storage had lost', () => {
  const world = useSandbox();

  const lose = (): Promise<void> =>
    rm(join(world.box.home, 'local', 'storage', 'bundles'), { recursive: true });
  const published = async (): Promise<readonly { readonly what: string; readonly message: string }[]> =>
    JSON.parse((await world.box.ok('history', '--what', 'publish', '--format', 'json')).stdout);

  for (const [command, deed] of [
    ['upgrade-formula', ['upgrade-formula', '--no-wait', 'web']],
    ['deploy', ['deploy', '--no-wait', '--repository', 'principia', 'web', 'other']],
  ] as const)
    it(`is said to be published again, and is on record: ${command}`, async () => {
      const { box } = world;
      await box.ok('bootstrap');
      await box.formula('web', 1);
      const first = await box.ok('deploy', '--no-wait', '--repository', 'principia', 'web');
      assert.match(first.stderr, /^published principia:web-1$/m);
      assert.deepEqual(await published(), []);

      await lose();
      const { stderr } = await box.ok(...deed);
      assert.match(
        stderr,
        /^published principia:web-1 again: its bundle was missing in file:\S+\/local\/storage$/m,
      );
      const [entry, ...others] = await published();
      assert.match(JSON.stringify(entry), /"principia:web-1".*again: its bundle was missing in the storage/);
      assert.deepEqual(others, []);

      const { stderr: then } = await box.ok('upgrade-formula', '--no-wait', 'web');
      assert.doesNotMatch(then, /again/);
      assert.equal((await published()).length, 1);
    });
});
