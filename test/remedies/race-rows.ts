import assert from 'node:assert/strict';
import { removeTree } from '../../control/remove/remove-environment.js';
import { readUnitState } from '../../control/status/snapshot.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { type Race, race, writes } from './races.js';
import type { Row, Stage } from './stage.js';

const AGENT = 'ensemble-agent -e world --machine m0 --data-dir machines/m0';
const DEPLOY = 'ensemble deploy -n 0 --repository world f';

/** A service without units. */
async function service(stage: Stage): Promise<void> {
  await stage.world.writeFormula(1);
  await stage.ok(DEPLOY);
}

/** Writes a node as it stands, which gives it another version. */
async function touch({ other }: Race, path: string): Promise<void> {
  await other.set(path, (await other.get(path))?.value ?? '{}');
}

/** What somebody else does in the moment between a command’s reading and its writing. */
export const raceRows: readonly Row[] = [
  race('node-exists', 'status, then the same command again', async (stage, race) => {
    await service(stage);
    const path = paths.exposed('f');
    const end = race.before(
      (frame) => frame.includes(path),
      async (frame) => {
        // Another operator exposes the service just before this one does, and takes that back again.
        if (writes(frame, path)) await race.other.create(path, '{}');
        else await race.other.remove(path).catch(() => undefined);
      },
    );
    const said = await stage.fails('ensemble expose f', /\/services\/f\/exposed exists already/);
    end();
    await race.other.remove(path);
    await stage.follow(said, /ensemble status/);
    stage.named(said, /then run the command again/);
    await stage.ok('ensemble expose f');
  }),
  race('node-not-found', 'status, then the same command again', async (stage, race) => {
    await stage.world.writeFormula(1);
    let isGone = false;
    const end = race.before(
      (frame) => !isGone && frame.includes(paths.bundles),
      async () => {
        isGone = true;
        await removeTree(race.other);
      },
    );
    const said = await stage.fails(DEPLOY, /\/layout does not exist in the environment's state/);
    end();
    const status = await stage.fails(stage.named(said, /ensemble status/), /has not been bootstrapped/);
    await stage.follow(status, /ensemble bootstrap -e world/);
    stage.named(said, /then run the command again/);
    await stage.ok(DEPLOY);
  }),
  race('too-many-conflicts', 'the same command again', async (stage, race) => {
    await service(stage);
    const end = race.before(
      (frame) => writes(frame, paths.exposed('f')),
      () => touch(race, paths.service('f')),
    );
    const said = await stage.fails('ensemble expose f', /service f is being changed by others again and/);
    end();
    stage.named(said, /run the command again/);
    await stage.ok('ensemble expose f');
  }),
  race('upgrade-overtaken', 'status, which shows who won', async (stage, race) => {
    await service(stage);
    await stage.world.writeFormula(2);
    let isOvertaken = false;
    race.before(
      (frame) => !isOvertaken && writes(frame, paths.service('f')) && frame.includes('world:f-2'),
      async () => {
        isOvertaken = true;
        const node = await race.other.get(paths.service('f'));
        await race.other.set(paths.service('f'), node?.value.replaceAll('world:f-1', 'world:f-3') ?? '');
      },
    );
    const said = await stage.fails(
      'ensemble upgrade-formula f',
      /set service f to world:f-3 at the same time/,
    );
    assert.match(await stage.follow(said, /ensemble status f/), /^f +world:f-3/m);
  }),
  race(
    'outcome-unknown',
    'the same command again',
    async (stage, race) => {
      let isCut = false;
      race.before(
        (frame) => !isCut && writes(frame, paths.units),
        async () => {
          isCut = true;
          race.proxy.cutAfter(0);
        },
      );
      const said = await stage.fails('ensemble bootstrap', /while \/units was being written; it may or may/);
      assert.ok(await race.other.get(paths.units), 'it was written');
      stage.named(said, /run the command again/);
      await stage.ok('ensemble bootstrap');
    },
    { bare: true },
  ),
  race('version-conflict', 'the same command again, for which the agent was waiting', async (stage, race) => {
    await service(stage);
    await stage.start(AGENT, /.*/);
    await stage.ok('ensemble add-unit f');
    const unit = () => readUnitState(race.other, 'f/0');
    const history = paths.unitHistory('f/0');
    const end = race.before(
      (frame) => writes(frame, history),
      () => touch(race, history),
    );
    const remove = 'ensemble remove-unit f/0';
    await stage.ok(remove);
    const said = await eventually(async () => {
      const { message = '', next = '' } = (await unit())?.status ?? {};
      assert.match(message, /was changed by somebody else at the same time/);
      return `${message} ${next}`;
    });
    stage.named(said, /run the command again/);
    end();
    await stage.ok(remove);
    await eventually(async () => assert.equal(await unit(), undefined));
  }),
  race('hook-is-over', 'the same call from the hook itself', async (stage, race) => {
    const metadata = 'name: f\nrevision: 1\nsummary: s\npeers: {ring: thing}\n';
    await stage.world.writeFormula(1, { files: { 'metadata.yaml': metadata } });
    await stage.ok(DEPLOY);
    await stage.start(AGENT, /.*/);
    await stage.ok('ensemble add-unit f');
    const settings = paths.settings(paths.meeting('0'), 'f/7');
    const end = new Promise<void>((over) => {
      let isAsked = false;
      race.hold((frame) => {
        if (frame.includes(settings)) isAsked = true;
        // The agent answers for a command whose process is over.
        else if (isAsked && frame.includes('/run-')) over();
        return frame.includes(settings) ? stage.world.openGate('asked').then(() => end) : undefined;
      });
    });
    const call = 'relation-get -r ring:0 key f/7';
    const trace = stage.world.path('trace');
    const wait = `until [ -e ${trace}/gate-asked ]; do sleep 0.02; done`;
    await stage.ok(`ensemble run f/0 -- '${call} >${trace}/said 2>&1 & ${wait}'`);
    const said = await eventually(() => stage.world.text('said'));
    assert.match(said, /^relation-get: the hook this was called from is over\n/);
    stage.named(said, /call hook tools only while the hook runs/);
    race.hold(() => undefined);
    await race.other.create(settings, '{"key":"value"}');
    assert.match(await stage.ok(`ensemble run f/0 -- '${call}'`), /^value$/m);
  }),
];
