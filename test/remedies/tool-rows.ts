import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { requester } from '../agent/world.js';
import { eventually } from '../eventually.js';
import type { Row, Stage } from './stage.js';

/** A unit `f/0` with the option `title`, in the relations `cli:0` with `db` and `cli:1` with `eb`. */
async function unit({ world }: Stage): Promise<void> {
  const formula = await world.publish(1, {
    files: {
      'metadata.yaml': 'name: f\nrevision: 1\nsummary: s\nprovides: {srv: thing}\nrequires: {cli: thing}\n',
    },
    config: 'options:\n  title: {type: string, default: a}\n',
  });
  await world.agent();
  for (const service of ['f', 'db', 'eb']) await world.deploy(formula, 1, service);
  for (const service of ['db', 'eb']) {
    const pair = [parseEndpointName('f:cli'), parseEndpointName(`${service}:srv`)] as const;
    await addRelation(world.coordinator, pair, requester.requestedAt);
  }
  await eventually(async () => {
    const relations = (await world.unit()).status.relations ?? {};
    assert.deepEqual([relations['cli:0']?.state, relations['cli:1']?.state], ['up', 'up']);
  });
}

const inHook = (line: string): string => `ensemble run f/0 -- '${line}'`;

/** A tool that refuses what a hook asks, and the line that does it, made from what is printed. */
const tool = (
  code: string,
  by: string,
  line: string,
  said: RegExp,
  mended: (stage: Stage, said: string) => Promise<string>,
): Row => ({
  code,
  by,
  run: async (stage) => {
    await unit(stage);
    await stage.ok(inHook(await mended(stage, await stage.fails(inHook(line), said))));
  },
});

/** What tools say to hooks. The lines are run as a hook runs them, by `ensemble run`. */
export const toolRows: readonly Row[] = [
  tool(
    'tool-usage',
    '--help, whose examples are lines that are taken',
    'config-get title --all',
    /not both/,
    async (stage, said) => {
      const help = await stage.ok(inHook(stage.named(said, /config-get --help/)));
      return stage.named(help, /config-get --format json$/m);
    },
  ),
  tool(
    'hook-relation-unknown',
    'an id that unit-relations shows',
    'relation-list -r cli:9',
    /there is no relation "cli:9"/,
    async (stage, said) => {
      const shown = await stage.ok(inHook(stage.named(said, /unit-relations/)));
      return `relation-list -r ${stage.named(shown, /cli:\d/)}`;
    },
  ),
  tool(
    'hook-relation-ambiguous',
    'one of those named',
    'relation-list -r cli',
    /may be any of the relations cli:0, cli:1/,
    async (stage, said) => `relation-list ${stage.named(said, /-r cli:\d/)}`,
  ),
  tool(
    'hook-relation-unit-unknown',
    'a unit that relation-list shows',
    'relation-get -r cli:0 - db/9',
    /there is no unit db\/9/,
    async (stage, said) => {
      const shown = await stage.ok(inHook(stage.named(said, /relation-list -r cli:0/)));
      return `relation-get -r cli:0 - ${stage.named(shown, /db\/\d/)}`;
    },
  ),
  tool(
    'output-file-unusable',
    'another file',
    'config-get --output . title',
    /is a directory/,
    async () => 'config-get --output title title',
  ),
  tool(
    'settings-file-unusable',
    'a file that is there',
    'relation-set -r cli:0 --file nothing',
    /"nothing"/,
    async (stage) => {
      const file = stage.world.path('settings');
      await writeFile(file, 'colour: blue\n');
      return `relation-set -r cli:0 --file ${file}`;
    },
  ),
  tool(
    'hook-settings-too-large',
    'where the data is',
    'head -c 500000 /dev/zero | tr "\\0" a >big; relation-set -r cli:0 one=@big two=@big',
    /bytes, more than \d+/,
    async (stage, said) => {
      stage.named(said, /set where the data is, not the data/);
      return 'relation-set -r cli:0 data=/srv/big';
    },
  ),
];
