import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { paths } from '../../state/model/paths.js';
import { ensemble, operate, succeed } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const METADATA = (revision: number): string =>
  `name: f\nrevision: ${revision}\nsummary: Notes which hooks ran\nprovides:\n  web: http\n`;

describe('a service whose clone is promoted', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    for (const revision of [1, 2])
      await world.writeFormula(revision, {
        files: { 'metadata.yaml': METADATA(revision) },
        config: 'options:\n  title: {type: string, default: Guests}\n',
      });
    const files = {
      'metadata.yaml': 'name: lb\nrevision: 1\nsummary: Balances\nrequires:\n  web: http\n',
      'hooks/web-relation-departed': `#!/bin/sh\nwhile [ -e ${world.path('trace', 'stay')} ]; do sleep 0.02; done\n`,
    };
    for (const [name, text] of Object.entries(files)) {
      const path = world.path('world', 'lb-1', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      await chmod(path, name.startsWith('hooks/') ? 0o755 : 0o644);
    }
    await world.agent();
    await ok('deploy', '--repository', 'world', '--revision', '1', 'f');
    await ok('deploy', '--repository', 'world', 'lb');
    await ok('add-relation', 'f', 'lb');
    await ok('upgrade-formula', '--strategy', 'clone', '--revision', '2', 'f');
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  async function refused(pattern: RegExp, ...args: readonly string[]): Promise<void> {
    const end = await ensemble(world, ...args);
    assert.equal(end.code, 1, `${args.join(' ')}\n${end.stdout}${end.stderr}`);
    assert.match(end.stderr, pattern);
  }

  async function shown(): Promise<{ readonly state: string; readonly next: string | null }> {
    return JSON.parse((await ok('rollout', 'status', '--format', 'json', 'f')).stdout);
  }

  it('is named by its place when it is gone, and its rollout is done on record', async () => {
    await refused(/f-r2 has no rollout of its own.*\n.*rollout status f\n/, 'rollout', 'status', 'f-r2');
    await ok('rollout', 'promote', 'f');
    const gone = /f is gone: its rollout to world:f-2 was done at .*, and f-r2 is in its place\n/;
    await refused(new RegExp(`${gone.source}.*ensemble status f-r2\n`), 'rollout', 'status', 'f');
    await refused(gone, 'rollout', 'watch', 'f');
    await refused(
      /came as the clone by which f was.*\n.*rollout history f-r2\n/,
      'rollout',
      'status',
      'f-r2',
    );
    for (const service of ['f', 'f-r2']) {
      const said = (await ok('rollout', 'history', '--format', 'json', service)).stdout;
      const done = (JSON.parse(said) as { message?: string }[]).filter(({ message }) =>
        message?.startsWith('done'),
      );
      assert.deepEqual(
        done.map(({ message }) => message),
        ['done: f-r2 is in the place of f'],
      );
    }
    // Another service of its name is not that one.
    await ok('deploy', '--repository', 'world', '--revision', '1', 'f');
    await refused(/service f has no rollout\n/, 'rollout', 'status', 'f');
  });

  it('is given nothing while it goes, and an abort then says how to finish', async () => {
    await writeFile(world.path('trace', 'stay'), '');
    const promote = operate(world, 'rollout', 'promote', 'f');
    await eventually(async () => {
      const relations = await world.coordinator.children(paths.serviceRelations('f-r2'));
      assert.equal(relations?.length, 1);
      assert.equal(JSON.parse((await world.coordinator.get(paths.rollout('f')))?.value ?? '').promoted, true);
    });
    const goes = /f goes: f-r2 takes its place.*\n.*ask it of f-r2; .*ensemble rollout watch f\n/;
    await refused(goes, 'set', 'f', 'title=Ours');
    await refused(goes, 'add-unit', 'f');
    await refused(goes, 'add-unit', '--rest', 'f');
    const { stderr } = await ok('rollout', 'abort', 'f');
    assert.match(
      stderr,
      /f and f-r2 both stay; what moved to f-r2 stays there\n.*ensemble destroy-service f\n/,
    );
    const { state, next } = await shown();
    assert.deepEqual([state, next], ['aborted', 'ensemble destroy-service f']);
    await promote.ended;
    await rm(world.path('trace', 'stay'));
    await ok('destroy-service', 'f');
    await eventually(async () =>
      assert.deepEqual((await world.coordinator.children(paths.services))?.toSorted(), ['f-r2', 'lb']),
    );
  });
});
