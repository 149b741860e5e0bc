import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { createService } from '../../state/model/services.js';
import { type FormulaOptions, requester } from '../agent/world.js';
import { eventually } from '../eventually.js';
import type { Row, Stage } from './stage.js';

/** Publishes a revision of `f` with these lines in its metadata. */
function declare(
  { world }: Stage,
  revision: number,
  lines: string,
  more: FormulaOptions = {},
): Promise<string> {
  const files = { 'metadata.yaml': `name: f\nrevision: ${revision}\nsummary: s\n${lines}` };
  return world.publish(revision, { ...more, files });
}

/** Services of a formula with `srv` and `cli`, of which no unit runs. */
async function services(stage: Stage, lines: string, ...names: readonly string[]): Promise<void> {
  const formula = await declare(stage, 1, lines);
  for (const name of names) await stage.world.deploy(formula, 0, name);
}

async function relate({ world }: Stage, one: string, other: string): Promise<void> {
  const pair = [parseEndpointName(one), parseEndpointName(other)] as const;
  await addRelation(world.coordinator, pair, requester.requestedAt);
}

const BOTH = 'provides: {srv: thing}\nrequires: {cli: thing}\n';
const HOST = 'provides: {host: http}\n';
const SUBORDINATE = 'subordinate: true\nrequires: {site: {interface: http, scope: container}}\n';

/** A principal `web` and a subordinate `mon`; unrelated, and without units. */
async function besides(stage: Stage): Promise<void> {
  const { world } = stage;
  await world.deploy(await declare(stage, 1, HOST), 0, 'web');
  const formula = await declare(stage, 2, SUBORDINATE);
  const repository = { name: 'world', path: world.path('world') };
  await createService(world.coordinator, 'mon', { formula, repository }, {});
}

const relations = async ({ world }: Stage): Promise<readonly string[]> =>
  (await world.coordinator.children(paths.relations)) ?? [];

/** Units of `f` and `db`, related by `cli` and `srv`, with this hook of `f`'s. */
async function related(stage: Stage, hook: string, body: string): Promise<void> {
  const { world } = stage;
  const formula = await declare(stage, 1, BOTH, { hooks: { [hook]: body } });
  await world.agent();
  await world.deploy(formula, 1, 'f');
  await world.deploy(formula, 1, 'db');
  await relate(stage, 'f:cli', 'db:srv');
}

/** Waits until the first relation of `f/0` is in this state. */
const untilRelation = ({ world }: Stage, wanted: string): Promise<void> =>
  eventually(async () => assert.equal((await world.unit()).status.relations?.['cli:0']?.state, wanted));

/** What commands about relations say, and the subordinates that come by them. */
export const relationRows: readonly Row[] = [
  {
    code: 'endpoint-not-found',
    by: 'one that is named',
    run: async (stage) => {
      await services(stage, BOTH, 'f', 'db');
      const said = await stage.fails('ensemble add-relation f:data db', /has no relation data/);
      await stage.ok(`ensemble add-relation ${stage.named(said, /f:\w+/)} db`);
    },
  },
  {
    code: 'endpoint-not-found',
    by: 'declaring it, and upgrade-formula as printed',
    run: async (stage) => {
      await services(stage, BOTH, 'db');
      await stage.world.deploy(await declare(stage, 2, ''), 0);
      const said = await stage.fails('ensemble add-relation f:cli db', /its formula declares none/);
      await declare(stage, 3, BOTH);
      await stage.follow(said, /ensemble upgrade-formula f/);
      await stage.ok('ensemble add-relation f:cli db');
    },
  },
  {
    code: 'endpoints-do-not-match',
    by: 'mending a formula, and upgrade-formula as printed',
    run: async (stage) => {
      await services(stage, 'provides: {srv: other}\n', 'db');
      await stage.world.deploy(await declare(stage, 2, 'requires: {cli: thing}\n'), 0);
      const said = await stage.fails('ensemble add-relation f db', /cannot be related/);
      await declare(stage, 3, 'requires: {cli: other}\n');
      await stage.follow(said, /ensemble upgrade-formula f/);
      await stage.ok('ensemble add-relation f db');
    },
  },
  {
    code: 'endpoints-ambiguous',
    by: 'one of the pairs, as printed',
    run: async (stage) => {
      await services(stage, BOTH, 'f', 'db');
      const said = await stage.fails('ensemble add-relation f db', /can be related in 2 ways/);
      await stage.follow(said, /ensemble add-relation f:\w+ db:\w+/);
      assert.deepEqual(await relations(stage), ['0']);
    },
  },
  {
    code: 'relations-ambiguous',
    by: 'one of the pairs, as printed',
    run: async (stage) => {
      await services(stage, BOTH, 'f', 'db');
      await relate(stage, 'f:cli', 'db:srv');
      await relate(stage, 'f:srv', 'db:cli');
      const said = await stage.fails('ensemble remove-relation f db', /are related in 2 ways/);
      await stage.follow(said, /ensemble remove-relation f:\w+ db:\w+/);
      assert.equal((await relations(stage)).length, 1);
    },
  },
  {
    code: 'relation-exists',
    by: 'status, which shows it',
    run: async (stage) => {
      await services(stage, BOTH, 'f', 'db');
      await relate(stage, 'f:cli', 'db:srv');
      const said = await stage.fails('ensemble add-relation f:cli db:srv', /are related already/);
      assert.match(await stage.follow(said, /ensemble status/), /f:cli/);
    },
  },
  {
    code: 'relation-not-found',
    by: 'status, which shows those there are',
    run: async (stage) => {
      await services(stage, BOTH, 'f', 'db');
      await relate(stage, 'f:cli', 'db:srv');
      const said = await stage.fails('ensemble remove-relation f:srv db:cli', /are not related/);
      assert.match(await stage.follow(said, /ensemble status/), /f:cli/);
      await stage.ok('ensemble remove-relation f:cli db:srv');
    },
  },
  {
    code: 'relation-limit-reached',
    by: 'remove-relation, as printed',
    run: async (stage) => {
      await services(
        stage,
        'provides: {srv: thing}\nrequires: {cli: {interface: thing, limit: 1}}\n',
        'f',
        'db',
        'eb',
      );
      await relate(stage, 'f:cli', 'db:srv');
      const add = 'ensemble add-relation f:cli eb:srv';
      await stage.follow(
        await stage.fails(add, /takes part in 1 relation at most/),
        /ensemble remove-relation f:cli db/,
      );
      await stage.ok(add);
    },
  },
  {
    code: 'relations-in-use',
    by: 'remove-relation, as printed',
    run: async (stage) => {
      await services(stage, BOTH, 'f', 'db');
      await relate(stage, 'f:cli', 'db:srv');
      await declare(stage, 2, '');
      const said = await stage.fails('ensemble upgrade-formula f', /does not fit the relations of f/);
      await stage.follow(said, /ensemble remove-relation f:cli db/);
      await stage.ok('ensemble upgrade-formula f');
    },
  },
  {
    code: 'relations-in-use',
    by: '--force',
    run: async (stage) => {
      await services(stage, BOTH, 'f', 'db');
      await relate(stage, 'f:cli', 'db:srv');
      await declare(stage, 2, '');
      const line = 'ensemble upgrade-formula f';
      const said = await stage.fails(line, /does not fit the relations of f/);
      await stage.ok(`${line} ${stage.named(said, /--force/)}`);
    },
  },
  {
    code: 'relation-not-in-error',
    by: 'resolved of the one that is, as printed',
    run: async (stage) => {
      await related(stage, 'cli-relation-joined', 'test -e "$TRACE/gate-mended"');
      await untilRelation(stage, 'error');
      const said = await stage.fails('ensemble resolved f/0 srv', /there are: cli:0/);
      await stage.world.openGate('mended');
      await stage.follow(said, /ensemble resolved --retry f\/0 cli:0/);
      await untilRelation(stage, 'up');
    },
  },
  {
    code: 'unit-not-in-error',
    by: 'resolved of its relation, as printed',
    run: async (stage) => {
      await related(stage, 'cli-relation-joined', 'test -e "$TRACE/gate-mended"');
      await untilRelation(stage, 'error');
      const said = await stage.fails('ensemble resolved f/0', /its relation cli:0 is in error/);
      await stage.world.openGate('mended');
      await stage.follow(said, /ensemble resolved --retry f\/0 cli:0/);
      await untilRelation(stage, 'up');
    },
  },
  {
    code: 'container-needs-subordinate',
    by: 'a service that is a subordinate',
    run: async (stage) => {
      const { world } = stage;
      await besides(stage);
      await world.deploy(await declare(stage, 3, SUBORDINATE.replace('subordinate: true\n', '')), 0, 'bad');
      const said = await stage.fails('ensemble add-relation bad web', /neither service is a subordinate/);
      stage.named(said, /whose metadata\.yaml says `subordinate: true`/);
      await stage.ok('ensemble add-relation mon web');
    },
  },
  {
    code: 'service-is-subordinate',
    by: 'add-relation, as printed',
    run: async (stage) => {
      const { world } = stage;
      await besides(stage);
      await world.agent();
      await stage.ok('ensemble add-unit web');
      const said = await stage.fails('ensemble add-unit mon', /is a subordinate/);
      await stage.follow(said, /ensemble add-relation mon SERVICE/, { SERVICE: 'web' });
      await world.until('started', 'mon/0');
    },
  },
  ...(['remove-unit', 'remove-relation'] as const).map(
    (command): Row => ({
      code: 'unit-is-subordinate',
      by: `${command}, as printed`,
      run: async (stage) => {
        const { world } = stage;
        await besides(stage);
        await world.agent();
        await stage.ok('ensemble add-unit web');
        await relate(stage, 'mon', 'web');
        await world.until('started', 'mon/0');
        const said = await stage.fails('ensemble remove-unit mon/0', /is a subordinate/);
        await stage.follow(
          said,
          command === 'remove-unit' ? /ensemble remove-unit web\/0/ : /ensemble remove-relation mon web/,
        );
        await eventually(async () =>
          assert.ok(!(await world.coordinator.children(paths.units))?.includes('mon-0')),
        );
      },
    }),
  ),
  {
    code: 'subordinate-changed',
    by: 'deploying it as another service',
    run: async (stage) => {
      await services(stage, HOST, 'f');
      await declare(stage, 2, SUBORDINATE);
      const said = await stage.fails('ensemble upgrade-formula f', /is a subordinate, and service f is not/);
      stage.named(said, /deploy it as another service/);
      await stage.ok('ensemble deploy --repository world f mon');
    },
  },
  {
    code: 'hook-relation-broken',
    by: 'relation-get of what the unit itself had set, as printed to the hook',
    run: async (stage) => {
      const { world } = stage;
      const body = `relation-get -r cli:0 - db/0 2>"$trace.said" && exit 9
line=$(sed -n 's/^ *next: //p' "$trace.said") && eval "$line" >"$trace.own"`;
      await related(stage, 'cli-relation-broken', body);
      await untilRelation(stage, 'up');
      await stage.ok('ensemble remove-relation f:cli db:srv');
      await eventually(async () => assert.deepEqual(await relations(stage), []));
      assert.match(await readFile(world.path('trace', 'f-0.said'), 'utf8'), /relation cli:0 is broken/);
      assert.match(await readFile(world.path('trace', 'f-0.own'), 'utf8'), /private-address/);
    },
  },
];
