import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { projectDirectory } from '../docs/project.js';
import type { Row, Stage } from './stage.js';

const one = 'world:f-1';
const AGENT = 'ensemble-agent -e world --machine m0 --data-dir machines/m0';

/** What a newer release has another number of, and how this one has it. */
const RAISED = {
  // By its value alone: names are short in the command's bundle.
  layout: [/\{ ?min: ?1, ?max: ?3 ?\}/g, '{min:1,max:4}'],
  journal: [/\bRECORD_VERSION ?= ?1\b/g, 'RECORD_VERSION=2'],
  directory: [/\bDISK_LAYOUT ?= ?2\b/g, 'DISK_LAYOUT=3'],
} as const;

/**
 * Installs a newer release: the programs as they are shipped, but for one number of what they read.
 * From then on `ensemble` and `ensemble-agent` are that one.
 */
async function installNewer({ world }: Stage, of: keyof typeof RAISED): Promise<void> {
  const [from, to] = RAISED[of];
  const bin = world.path('newer', 'dist', 'bin');
  await mkdir(bin, { recursive: true });
  for (const name of ['ensemble.cjs', 'run.cjs', 'ensemble-agent.js', 'agent.cjs', 'ensemble-migrate.cjs']) {
    const text = await readFile(join(projectDirectory, 'dist', 'bin', name), 'utf8');
    await writeFile(join(bin, name), text.replace(from, to));
  }
  await copyFile(join(projectDirectory, 'package.json'), world.path('newer', 'package.json'));
  await symlink(join(projectDirectory, 'node_modules'), world.path('newer', 'node_modules'));
  for (const [name, program] of [
    ['ensemble', 'ensemble.cjs'],
    ['ensemble-agent', 'ensemble-agent.js'],
  ] as const)
    await writeFile(
      world.path('bin', name),
      `#!/bin/sh\nexec '${process.execPath}' '${join(bin, program)}' "$@"\n`,
    );
}

/** The environment's layout becomes one that only a newer release reads. */
async function raiseLayout({ world }: Stage): Promise<void> {
  const layout = JSON.parse((await world.coordinator.get(paths.layout))?.value ?? '');
  await world.coordinator.set(paths.layout, nodeValue({ ...layout, level: 4, minReader: 4 }));
}

/** What a newer release left, whose remedy is that release. */
export const newerRows: readonly Row[] = [
  {
    code: 'layout-too-new',
    by: 'the newer release',
    run: async (stage) => {
      await raiseLayout(stage);
      const said = await stage.fails(
        'ensemble status',
        /needs an Ensemble that reads layout 4; this one reads/,
      );
      stage.named(said, /install the newer Ensemble/);
      await installNewer(stage, 'layout');
      await stage.ok('ensemble status');
    },
  },
  {
    code: 'data-directory-too-new',
    by: 'the newer release',
    run: async (stage) => {
      await stage.service();
      await mkdir(stage.world.path('machines', 'm0'), { recursive: true });
      await writeFile(stage.world.path('machines', 'm0', 'layout.v3'), '');
      const said = await stage.fails(
        `timeout 30 ${AGENT}`,
        /was laid out by a newer Ensemble \(layout\.v3\)/,
      );
      stage.named(said, /install the newer Ensemble on this machine/);
      await installNewer(stage, 'directory');
      await stage.start(AGENT, /.*/);
      await stage.world.untilOn(one);
    },
  },
  {
    code: 'journal-too-new',
    by: 'the newer release',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit();
      await world.stopAgents();
      await writeNewerRecord(world.path('machines', 'm0', 'journal'));
      const said = await stage.fails(
        `timeout 30 ${AGENT}`,
        /was written by a newer Ensemble \(version 2 of its format\)/,
      );
      stage.named(said, /install the newer Ensemble on this machine/);
      await installNewer(stage, 'journal');
      await stage.start(AGENT, /.*/);
      await world.untilOn(one);
      assert.deepEqual(
        (await world.trace()).filter((each) => each === 'start 1'),
        ['start 1'],
      );
    },
  },
];

/** Has the record of f/0 say that it is of the next version. */
async function writeNewerRecord(path: string): Promise<void> {
  const store = open<string, string>({ path, encoding: 'string', maxDbs: 4 });
  const units = store.openDB<string, string>({ name: 'units', encoding: 'string' });
  const text = units.get('f/0') ?? '';
  const edited = text.replace('"version":1', '"version":2');
  assert.notEqual(edited, text);
  await units.put('f/0', edited);
  await store.close();
}
