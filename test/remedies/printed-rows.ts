import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { requester } from '../agent/world.js';
import { eventually } from '../eventually.js';
import type { Row } from './stage.js';

const code = 'no error';
const one = 'world:f-1';
const metadata = (lines: string): Readonly<Record<string, string>> => ({
  'metadata.yaml': `name: f\nrevision: 1\nsummary: s\n${lines}`,
});

/** Commands that are named where nothing went wrong: what comes next, and what is still missing. */
export const printedRows: readonly Row[] = [
  {
    code,
    by: 'bootstrap names the agent and the first deploy',
    bare: true,
    run: async (stage) => {
      await stage.world.writeFormula(1);
      const said = await stage.ok('ensemble bootstrap -e world');
      await stage.start(said, /ensemble-agent.*/);
      const names = { DIRECTORY: 'world', FORMULA: 'f' };
      await stage.follow(said, /ensemble deploy .* --repository DIRECTORY FORMULA/, names);
      await stage.world.untilOn(one);
    },
  },
  {
    code,
    by: 'status names the first agent and the first deploy',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      const said = await stage.ok('ensemble status');
      await stage.start(said, /ensemble-agent$/m);
      const names = { DIRECTORY: 'world', FORMULA: 'f' };
      await stage.follow(said, /ensemble deploy --repository DIRECTORY FORMULA/, names);
      await stage.world.untilOn(one);
    },
  },
  {
    code,
    by: 'machines names the first agent',
    run: async (stage) => {
      await stage.start(await stage.ok('ensemble machines'), /ensemble-agent$/m);
      assert.match(await stage.ok('ensemble machines'), /^m0 /m);
    },
  },
  {
    code,
    by: 'hold-upgrade names what ends it',
    run: async (stage) => {
      await stage.service();
      const said = await stage.ok('ensemble hold-upgrade --reason disks f');
      await stage.follow(said, /ensemble unhold-upgrade f/);
      assert.doesNotMatch(await stage.ok('ensemble status'), /held/);
    },
  },
  {
    code,
    by: 'cordon names what undoes it',
    run: async (stage) => {
      await stage.world.agent();
      const said = await stage.ok('ensemble cordon m0');
      await stage.follow(said, /ensemble uncordon m0/);
      assert.doesNotMatch(await stage.ok('ensemble machines'), /cordoned/);
    },
  },
  {
    code,
    by: 'status names the relation that a service needs',
    run: async (stage) => {
      const { world } = stage;
      const files = metadata('provides: {srv: other}\nrequires: {cli: thing}\n');
      await world.deploy(await world.publish(1, { files }), 0);
      const server = 'name: f\nrevision: 2\nsummary: s\nprovides: {srv: thing}\n';
      await world.deploy(await world.publish(2, { files: { 'metadata.yaml': server } }), 0, 'db');
      const shown = await stage.ok('ensemble status');
      await stage.follow(shown, /ensemble add-relation f:cli SERVICE/, { SERVICE: 'db' });
      assert.doesNotMatch(await stage.ok('ensemble status'), /needs a relation/);
    },
  },
  {
    code,
    by: 'deploy names the relation by which a subordinate gets its units',
    run: async (stage) => {
      const { world } = stage;
      await world.deploy(await world.publish(1, { files: metadata('provides: {host: http}\n') }), 0, 'web');
      const mon =
        'name: f\nrevision: 2\nsummary: s\nsubordinate: true\nrequires: {site: {interface: http, scope: container}}\n';
      await world.writeFormula(2, { files: { 'metadata.yaml': mon } });
      const said = await stage.ok('ensemble deploy --repository world f mon');
      await stage.follow(said, /ensemble add-relation mon SERVICE/, { SERVICE: 'web' });
      await stage.ok('ensemble status');
    },
  },
  {
    code,
    by: 'a relation whose hook waits names what runs it at once',
    run: async (stage) => {
      const { world } = stage;
      const formula = await world.publish(1, {
        hooks: { 'cli-relation-joined': 'test -e "$TRACE/gate-mended"' },
        files: metadata(
          'provides: {srv: thing}\nrequires: {cli: thing}\nhooks:\n  cli-relation-joined:\n    retry: {attempts: 9, backoff: 900}\n',
        ),
      });
      await world.agent();
      for (const service of ['f', 'db']) await world.deploy(formula, 1, service);
      const pair = [parseEndpointName('f:cli'), parseEndpointName('db:srv')] as const;
      await addRelation(world.coordinator, pair, requester.requestedAt);
      const message = await eventually(async () => {
        const found = (await world.unit()).status.relations?.['cli:0']?.message ?? '';
        assert.match(found, /at once by: /);
        return found;
      });
      await world.openGate('mended');
      await stage.follow(message, /ensemble resolved --retry f\/0 cli:0/);
      await eventually(async () =>
        assert.equal((await world.unit()).status.relations?.['cli:0']?.state, 'up'),
      );
    },
  },
  {
    code,
    by: 'what goes on after a command names where to see it',
    run: async (stage) => {
      await stage.unit();
      const said = await stage.ok('ensemble remove-unit f/0');
      await stage.follow(said, /(?<=see how far with: )ensemble status/);
      await eventually(async () => assert.deepEqual(await stage.world.coordinator.children(paths.units), []));
      const gone = await stage.ok('ensemble destroy-service f');
      assert.match(gone, /f/);
    },
  },
  {
    code,
    by: 'following that ran out of time names where to see the rest',
    run: async (stage) => {
      await stage.unit();
      await stage.world.publish(2, { hooks: { 'upgrade-formula': 'gate open' } });
      const said = await stage.fails('ensemble upgrade-formula --timeout 4s f', /stopped following/);
      assert.match(await stage.follow(said, /ensemble status f/), /upgrading/);
      await stage.world.openGate('open');
      await stage.world.untilOn('world:f-2');
    },
  },
  {
    code,
    by: 'units that were left out name what takes them along',
    run: async (stage) => {
      const { world } = stage;
      await world.publish(1);
      await world.agent();
      await world.deploy(one, 2);
      for (const unit of ['f/0', 'f/1']) await world.untilOn(one, unit);
      await world.publish(2);
      const said = await stage.ok('ensemble upgrade-formula --unit f/0 f');
      await stage.follow(said, /(?<=until: )ensemble upgrade-formula --revision 2 f/);
      await world.untilOn('world:f-2', 'f/1');
    },
  },
  {
    code,
    by: 'deploy of a directory names the repository it is in',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      const said = await stage.fails('ensemble deploy -n 0 ./world/f-1', /deployed with/);
      const [line = ''] = said.split('\n');
      await stage.ok(`${stage.named(line, /ensemble deploy --repository \S+ \S+/)} -n 0`);
    },
  },
];
