import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../state/model/paths.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('ensemble deploy --dry-run', () => {
  const world = useSandbox();
  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 3, {
      config: 'options:\n  title: {type: string}\n  api-token: {type: string}\n',
    });
  });
  const dryRun = (...args: string[]) =>
    world.box.run('deploy', '--dry-run', '--repository', 'principia', ...args);

  it('shows what would be deployed, hides values, and changes nothing', async () => {
    await world.box.file('values.yaml', 'title: Ours\napi-token: hush\n');
    const { code, stdout, stderr } = await dryRun(
      '-n',
      '2',
      '--config',
      'values.yaml',
      'guestbook',
      'guests',
    );
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout.replace(/bundle of .*?,/, 'bundle of SIZE,'),
      `guests: principia:guestbook-3
from ${world.box.repository}
bundle of SIZE, to be published
units: 2 units, where there are fewest of the service
config: sets api-token, title
nothing was changed
`,
    );
    assert.equal(stderr, '');
    const coordinator = await world.box.coordinator();
    assert.deepEqual(await coordinator.children(paths.services), []);
    assert.deepEqual(await coordinator.children(paths.formulas), []);
  });

  it('prints the same for programs, of a service that stands too', async () => {
    await new FakeAgent(await world.box.coordinator()).register();
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
    const { stdout } = await dryRun('--format', 'json', 'guestbook');
    const { bundle, ...found } = JSON.parse(stdout);
    assert.match(bundle.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual(found, {
      service: 'guestbook',
      formula: 'principia:guestbook-3',
      repository: world.box.repository,
      published: true,
      subordinate: false,
      units: 1,
      machine: null,
      config: [],
      stands: true,
      warnings: [],
    });
  });

  it('writes no revision with --upgrade', async () => {
    const { stdout } = await dryRun('-u', 'guestbook');
    assert.match(stdout, /^guestbook: principia:guestbook-4\n/);
    assert.match(stdout, /^revision 4 would be written into the formula's directory$/m);
    const file = join(world.box.repository, 'guestbook-3/metadata.yaml');
    assert.match(await readFile(file, 'utf8'), /^revision: 3$/m);
  });

  it('says how far it is with a large formula, and so does deploy', async () => {
    await world.box.formula('large', 1, { files: { data: 'x'.repeat(17_000_000) } });
    const dry = await dryRun('large');
    assert.match(dry.stderr, /^packing large-1: 17 MB\n/);
    const { stderr } = await world.box.ok('deploy', '-n', '0', '--repository', 'principia', 'large');
    assert.match(stderr, /^packing large-1: 17 MB\n(packing .*\n)*published principia:large-1\n/);
  });

  it('refuses what a deploy refuses', async () => {
    await world.box.file('values.yaml', 'titel: x\n');
    for (const [words, said] of [
      [['nothing'], /holds no formula nothing/],
      [['--machine', 'm9', 'guestbook'], /m9/],
      [['--config', 'values.yaml', 'guestbook'], /titel/],
    ] as const) {
      const { code, stderr } = await dryRun(...words);
      assert.equal(code, 1, stderr);
      assert.match(stderr, said);
    }
    await world.box.ok('deploy', '-n', '0', '--repository', 'principia', 'guestbook');
    await world.box.formula('guestbook', 4);
    assert.match((await dryRun('guestbook')).stderr, /guestbook exists already/);
    await world.box.file('principia/guestbook-3/more', 'changed');
    assert.match(
      (await dryRun('guestbook-3', 'another')).stderr,
      /is not the principia:guestbook-3 that was published/,
    );
  });
});
