import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { paths } from '../../state/model/paths.js';
import { relationsOfService } from '../../state/model/relations.js';
import { eventually } from '../eventually.js';
import { ensemble, operate, succeed } from './operator.js';
import { World } from './world.js';

const [one, two] = ['world:f-1', 'world:f-2'];
const METADATA = (revision: number, more = ''): string =>
  `name: f\nrevision: ${revision}\nsummary: Notes which hooks ran\nprovides:\n  web: http\n${more}`;

describe('clones of a service', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.writeFormula(1, { files: { 'metadata.yaml': METADATA(1) } });
    await writeBalancer();
    await world.agent();
    await ok('deploy', '--repository', 'world', '-n', '2', 'f');
    await ok('deploy', '--repository', 'world', 'lb');
    await ok('add-relation', 'f', 'lb');
    await eventually(async () => assert.deepEqual((await seen()).toSorted(), ['joined f/0', 'joined f/1']));
  });
  afterEach(() => world.close());

  /** A formula on the other side of the relation, whose hooks note whom they meet and whom they leave. */
  async function writeBalancer(): Promise<void> {
    const files = {
      'metadata.yaml': 'name: lb\nrevision: 1\nsummary: Notes whom it meets\nrequires:\n  web: http\n',
      'hooks/web-relation-joined': `#!/bin/sh\necho "joined $ENSEMBLE_REMOTE_UNIT" >>${world.path('trace', 'seen')}\n`,
      'hooks/web-relation-departed': `#!/bin/sh\nwhile [ -e ${world.path('trace', 'stay')} ]; do sleep 0.02; done\necho "departed $ENSEMBLE_REMOTE_UNIT" >>${world.path('trace', 'seen')}\n`,
    };
    for (const [name, text] of Object.entries(files)) {
      const path = world.path('world', 'lb-1', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      await chmod(path, name.startsWith('hooks/') ? 0o755 : 0o644);
    }
  }

  async function writeSubordinate(revision: number): Promise<void> {
    const directory = world.path('world', `sub-${revision}`);
    await mkdir(directory, { recursive: true });
    const lines = ['subordinate: true', 'requires:', '  host: {interface: ensemble-info, scope: container}'];
    const text = `name: sub\nrevision: ${revision}\nsummary: Beside others\n${lines.join('\n')}\n`;
    await writeFile(`${directory}/metadata.yaml`, text);
  }

  async function seen(): Promise<readonly string[]> {
    return (await world.text('seen')).trim().split('\n');
  }

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  async function refused(pattern: RegExp, ...args: readonly string[]): Promise<void> {
    const end = await ensemble(world, ...args);
    assert.notEqual(end.code, 0, end.stderr);
    assert.match(end.stderr, pattern);
  }

  interface Shown {
    readonly state: string;
    readonly reason: string;
    readonly next: string | null;
    readonly clone: { readonly service: string; readonly promoted: boolean };
    readonly blockers: readonly { readonly kind: string; readonly who: string; readonly reason: string }[];
    readonly units: Readonly<Record<string, { readonly formula: string; readonly standing: string }>>;
  }

  async function shown(): Promise<Shown> {
    return JSON.parse((await ok('rollout', 'status', '--format', 'json', 'f')).stdout);
  }

  async function services(): Promise<readonly string[]> {
    return ((await world.coordinator.children(paths.services)) ?? []).toSorted();
  }

  async function isExposed(service: string): Promise<boolean> {
    return (await world.coordinator.get(paths.exposed(service))) !== undefined;
  }

  async function relatedOf(service: string): Promise<readonly string[]> {
    return (await relationsOfService(world.coordinator, service)).map(({ value }) =>
      value.endpoints.map((endpoint) => endpoint.service).join(' '),
    );
  }

  it('are made and related beside it, and take its place when nobody is related to it any more', async () => {
    await world.writeFormula(2, { files: { 'metadata.yaml': METADATA(2) } });
    await ok('expose', 'f');
    const dry = await ok('upgrade-formula', '--dry-run', '--strategy', 'clone', 'f');
    assert.match(
      dry.stdout,
      /clone f-r2:\n {2}f-r2\/0, f-r2\/1\n {2}then paused until ensemble rollout promote f/,
    );
    const made = await ok('upgrade-formula', '--strategy', 'clone', 'f');
    assert.match(
      made.stderr,
      /the clone f-r2 is healthy\n.*ensemble rollout promote f\n.*ensemble rollout abort f\n/,
    );
    const { state, next, clone, units } = await shown();
    assert.deepEqual([state, next, clone.service], ['paused', 'ensemble rollout promote f', 'f-r2']);
    assert.deepEqual(Object.keys(units), ['f-r2/0', 'f-r2/1']);
    assert.deepEqual(await relatedOf('f-r2'), ['f-r2 lb']);
    assert.deepEqual([await isExposed('f'), await isExposed('f-r2')], [true, false]);
    assert.match((await ok('status')).stdout, /clone f-r2, paused/);
    for (const unit of ['f/0', 'f/1']) assert.equal((await world.unit(unit)).unit.formula, one);

    // As long as the other side has not left the old units, they run.
    await writeFile(world.path('trace', 'stay'), '');
    const promote = operate(world, 'rollout', 'promote', 'f');
    await eventually(async () => {
      const { blockers } = await shown();
      assert.match(blockers[0]?.reason ?? '', /^relation \d+ is not left by all units yet/);
      assert.deepEqual([await isExposed('f'), await isExposed('f-r2')], [false, true]);
    });
    for (const unit of ['f/0', 'f/1']) assert.equal((await world.unit(unit)).status.state, 'started');
    await rm(world.path('trace', 'stay'));
    const end = await promote.ended;
    assert.equal(end.code, 0, end.stderr);
    assert.match(end.stderr, /the rollout is done: f-r2 is in its place/);
    assert.deepEqual(await services(), ['f-r2', 'lb']);
    assert.deepEqual(await relatedOf('f-r2'), ['f-r2 lb']);
    assert.match((await ok('history', 'f-r2')).stdout, /as a clone of f, 2 units/);
    for (const unit of ['f/0', 'f/1']) assert.equal((await world.trace(unit)).at(-1), 'stop 1');
    for (const unit of ['f/0', 'f/1'])
      assert.ok((await seen()).includes(`departed ${unit}`), 'the other side left it first');

    // The next clone is not named after the one before.
    await world.writeFormula(3, { files: { 'metadata.yaml': METADATA(3) } });
    await ok('upgrade-formula', '--strategy', 'clone', 'f-r2');
    assert.deepEqual(await services(), ['f-r2', 'f-r3', 'lb']);
    await ok('rollout', 'promote', '--keep', 'f-r2');
    assert.deepEqual(await services(), ['f-r2', 'f-r3', 'lb']);
    assert.deepEqual([await relatedOf('f-r2'), await relatedOf('f-r3')], [[], ['f-r3 lb']]);
    assert.equal((await world.unit('f-r2/0')).status.state, 'started');
  });

  it('go when they are aborted, after the others have left them, and leave no trace', async () => {
    await world.writeFormula(2, { files: { 'metadata.yaml': METADATA(2) } });
    await ok('upgrade-formula', '--strategy', 'clone', 'f');
    await refused(
      /no unit of the service runs anything else\n.*ensemble rollout abort f/,
      'revert-formula',
      'f',
    );
    await refused(/waits for a word on its clone\n.*ensemble rollout promote f/, 'rollout', 'resume', 'f');
    await refused(/under way already, with strategy clone/, 'upgrade-formula', '--strategy', 'rolling', 'f');
    await ok('rollout', 'abort', '--reason', 'too slow', 'f');
    await eventually(async () => assert.deepEqual(await services(), ['f', 'lb']));
    assert.deepEqual(await relatedOf('f'), ['f lb']);
    assert.equal((await shown()).state, 'aborted');
    for (const unit of ['f/0', 'f/1'])
      assert.deepEqual(await world.trace(unit), ['install 1', 'config-changed 1', 'start 1']);
    assert.deepEqual(
      (await seen()).filter((line) => line.startsWith('departed f/')),
      [],
    );
    // It can be tried again, and goes with its service.
    await ok('upgrade-formula', '--strategy', 'clone', 'f');
    await ok('destroy-service', 'f');
    await eventually(async () => assert.deepEqual(await services(), ['lb']));
  });

  it('get subordinates of their own, and take the place of nobody who is held', async () => {
    await writeSubordinate(1);
    await ok('deploy', '--repository', 'world', 'sub');
    await ok('add-relation', 'f', 'sub');
    await eventually(async () => assert.equal((await world.unit('sub/1')).status.state, 'started'));
    await world.writeFormula(2, { files: { 'metadata.yaml': METADATA(2) } });
    await ok('upgrade-formula', '--strategy', 'clone', 'f');
    assert.deepEqual((await relatedOf('f-r2')).toSorted(), ['f-r2 lb', 'f-r2 sub']);
    await eventually(async () => assert.equal((await world.unit('sub/3')).status.state, 'started'));
    await ok('hold-upgrade', '--forever', '--reason', 'stock-taking', 'f/0');
    await refused(
      /f\/0 would go, and is held by .*: stock-taking; .*ensemble unhold-upgrade --all f\/0/,
      'rollout',
      'promote',
      'f',
    );
    await ok('unhold-upgrade', '--all', 'f/0');
    await ok('rollout', 'promote', 'f');
    assert.deepEqual(await services(), ['f-r2', 'lb', 'sub']);
    const left = (await world.coordinator.children(paths.serviceUnits('sub'))) ?? [];
    assert.deepEqual(left.toSorted(), ['sub-2', 'sub-3']);
  });

  it('that fail wait to be tried again, or go', async () => {
    await world.writeFormula(2, {
      files: { 'metadata.yaml': METADATA(2) },
      hooks: { start: `[ -e ${world.path('trace', 'mended')} ]` },
    });
    const end = await ensemble(world, 'upgrade-formula', '--strategy', 'clone', 'f');
    assert.equal(end.code, 1, end.stderr);
    assert.match(end.stderr, /the rollout failed: f-r2\/\d failed: start-error/);
    assert.match(end.stderr, /ensemble rollout retry f\n.*ensemble rollout abort f\n/);
    await writeFile(world.path('trace', 'mended'), '');
    await ok('rollout', 'retry', 'f');
    assert.equal((await shown()).reason, 'the clone f-r2 is healthy');
    assert.equal((await world.unit('f-r2/0')).unit.formula, two);
    // A subordinate has none, and is told so with a command that works.
    await writeSubordinate(1);
    await ok('deploy', '--repository', 'world', 'sub');
    await writeSubordinate(2);
    await refused(
      /it is a subordinate, .* so it has no clone\n.*ensemble upgrade-formula --revision 2 --strategy rolling sub\n/,
      'upgrade-formula',
      '--strategy',
      'clone',
      'sub',
    );
    await refused(/it is a subordinate/, 'set-rollout', 'sub', 'strategy=clone');
    await ok('upgrade-formula', '--strategy', 'rolling', 'sub');
    // A newer revision takes the place of one that waits.
    await world.writeFormula(3, { files: { 'metadata.yaml': METADATA(3) } });
    await ok('upgrade-formula', '--strategy', 'clone', 'f');
    await eventually(async () => assert.deepEqual(await services(), ['f', 'f-r3', 'lb', 'sub']));
  });
});
