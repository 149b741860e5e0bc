import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { askRollout } from '../../control/rollout/ask-rollout.js';
import { paths } from '../../state/model/paths.js';
import { relationsOfService } from '../../state/model/relations.js';
import { readRollout } from '../../state/model/rollout.js';
import { unitsOfService } from '../../state/model/services.js';
import { ensemble, operateWith } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const METADATA = (revision: number): string =>
  `name: f\nrevision: ${revision}\nsummary: Notes which hooks ran\nprovides:\n  web: http\n`;
const LIVED = (revision: number): readonly string[] =>
  ['install', 'config-changed', 'start'].map((hook) => `${hook} ${revision}`);

/** How it ends: the clone waits for a word; it is in the place of its source; it is gone. */
type End = 'tried' | 'in place' | 'gone';

interface CloneRow {
  /** The step of the driver, as the fault point names it. */
  readonly step: string;
  readonly end: End;
}

/** The steps of a rollout by a clone, each with what the rollout is on its way to. */
const steps: readonly CloneRow[] = [
  { step: 'make', end: 'tried' },
  { step: 'units', end: 'tried' },
  { step: 'relate', end: 'tried' },
  { step: 'move', end: 'in place' },
  { step: 'expose', end: 'in place' },
  { step: 'retire', end: 'in place' },
  { step: 'unrelate', end: 'gone' },
  { step: 'remove', end: 'gone' },
];
const rows = steps.flatMap((row) =>
  ['before', 'after'].map((side) => ({ ...row, point: `clone.${row.step}.${side}` })),
);

describe('a rollout by a clone', function () {
  this.timeout(180_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const dying = (point: string): Readonly<Record<string, string>> => ({
    ENSEMBLE_FAULTS: `${point}=kill`,
    ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
  });

  async function ok(...args: readonly string[]): Promise<void> {
    const end = await ensemble(world, ...args);
    assert.equal(end.code, 0, `${args.join(' ')}\n${end.stdout}${end.stderr}`);
  }

  /** An exposed service that another one is related to, and a newer formula of it. */
  async function prepare(): Promise<void> {
    await world.writeFormula(1, { files: { 'metadata.yaml': METADATA(1) } });
    await mkdir(world.path('world', 'lb-1'), { recursive: true });
    const other = 'name: lb\nrevision: 1\nsummary: Is related to others\nrequires:\n  web: http\n';
    await writeFile(world.path('world', 'lb-1', 'metadata.yaml'), other);
    await ok('deploy', '--repository', 'world', 'f');
    await ok('deploy', '--repository', 'world', 'lb');
    await ok('add-relation', 'f', 'lb');
    await ok('expose', 'f');
    await world.writeFormula(2, { files: { 'metadata.yaml': METADATA(2) } });
  }

  const ask = (): Promise<void> => ok('upgrade-formula', '--no-wait', '--strategy', 'clone', 'f');

  async function tried(): Promise<void> {
    await eventually(async () => {
      const rollout = (await readRollout(world.coordinator, 'f'))?.value;
      assert.deepEqual([rollout?.state, rollout?.gate], ['paused', 'clone']);
    }, 60_000);
  }

  const relatedTo = async (service: string): Promise<number> =>
    (await relationsOfService(world.coordinator, service)).length;
  const isExposed = async (service: string): Promise<boolean> =>
    (await world.coordinator.get(paths.exposed(service))) !== undefined;

  /** Nothing twice, nothing left, whoever drove it. */
  async function ended(end: End): Promise<void> {
    if (end === 'tried') await tried();
    const services = { tried: ['f', 'f-r2', 'lb'], 'in place': ['f-r2', 'lb'], gone: ['f', 'lb'] }[end];
    await eventually(
      async () =>
        assert.deepEqual(((await world.coordinator.children(paths.services)) ?? []).toSorted(), services),
      60_000,
    );
    await eventually(async () => assert.equal(await relatedTo('lb'), end === 'tried' ? 2 : 1));
    const stands = end === 'in place' ? 'f-r2' : 'f';
    assert.equal(await isExposed(stands), true);
    assert.deepEqual(await world.trace('f/0'), end === 'in place' ? [...LIVED(1), 'stop 1'] : LIVED(1));
    if (end === 'gone') return;
    assert.equal(await isExposed('f-r2'), end === 'in place');
    assert.deepEqual(await unitsOfService(world.coordinator, 'f-r2'), ['f-r2/0']);
    await world.untilOn('world:f-2', 'f-r2/0');
    assert.deepEqual(await world.trace('f-r2/0'), LIVED(2));
  }

  // The command that asks for a clone does the first steps itself.
  for (const { point, end } of rows.filter((row) => row.end !== 'tried'))
    it(`is ${end} in the end, where the agent that drives it is killed at ${point}`, async () => {
      const doomed = await world.agentProcess('m0', { variables: dying(point) });
      await prepare();
      await ask();
      await tried();
      await askRollout(world.coordinator, 'f', end === 'gone' ? 'abort' : 'promote', requester, '');
      await doomed.ended();
      await world.agent();
      await ended(end);
    });

  for (const { point, end } of rows.filter((row) => row.end !== 'gone'))
    it(`is ${end} in the end, where the command that follows it is killed at ${point}`, async () => {
      await world.agent();
      await prepare();
      const words =
        end === 'tried' ? ['upgrade-formula', '--strategy', 'clone', 'f'] : ['rollout', 'promote', 'f'];
      if (end !== 'tried') {
        await ask();
        await tried();
      }
      // An agent that was faster had its part: the command then comes to its end.
      await operateWith(world, dying(point), ...words).ended;
      await ended(end);
    });
});
