import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { compareUnits, nodeOfUnit } from '../../state/model/paths.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { chooseSeed, seeded } from '../random.js';
import { RemoteSide } from './remote-side.js';
import { type FormulaOptions, requester, World } from './world.js';

/** What a relation hook was told. */
interface Told {
  readonly revision: string;
  readonly event: string;
  readonly unit: string;
  readonly value: string;
  readonly attempt: string;
  readonly members: readonly string[];
}

/** A formula whose relation hooks note what they are told, and whose upgraded units wait for the test. */
function noting(revision: number): FormulaOptions {
  const told = (event: string): string =>
    `value=${event === 'departed' ? '-' : '$(relation-get value "$ENSEMBLE_REMOTE_UNIT")'}
echo "${revision} ${event} $ENSEMBLE_REMOTE_UNIT $value $ENSEMBLE_HOOK_ATTEMPT $(relation-list | tr '\\n' ' ')" >>"$trace.told"
${revision > 1 ? 'gate deliver' : ''}`;
  return {
    hooks: {
      'upgrade-formula': 'gate upgrade',
      ...Object.fromEntries(
        ['joined', 'changed', 'departed'].map((event) => [`srv-relation-${event}`, told(event)]),
      ),
    },
    files: {
      'metadata.yaml': `name: f\nrevision: ${revision}\nprovides: {srv: thing}\nrequires: {cli: thing}\n`,
    },
  };
}

/** Whom the lines leave the unit knowing, with what was read of each last; every line must be legal after the one before. */
function follow(lines: readonly Told[]): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const [index, { event, unit, value, members }] of lines.entries()) {
    const before = lines[index - 1];
    const at = `line ${index}: ${event} ${unit}`;
    if (before?.event === 'joined')
      assert.deepEqual([event, unit], ['changed', before.unit], `${at}: changed follows joined`);
    assert.equal(known.has(unit), event !== 'joined', `${at}: it is known but when it joins`);
    if (event === 'departed') known.delete(unit);
    else known.set(unit, value);
    assert.deepEqual(
      members,
      [...known.keys()].sort(compareUnits),
      `${at}: the members are those as of the event`,
    );
  }
  return known;
}

for (const engines of [embedded, zookeeper()]) {
  describe(`relation events during an upgrade, with ${engines.name}`, function () {
    this.timeout(240_000);
    let world: World;
    before(async () => {
      await engines.start();
      world = await World.open(engines.environment());
    });
    after(async () => {
      await world.close();
      await engines.stop();
    });

    const told = async (unit: string): Promise<readonly Told[]> => {
      const text = await readFile(world.path('trace', `${nodeOfUnit(unit)}.told`), 'utf8').catch(() => '');
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => {
          const [revision = '', event = '', remote = '', value = '', attempt = '', ...members] = line
            .trim()
            .split(' ');
          return { revision, event, unit: remote, value, attempt, members };
        });
    };

    it('are delivered by the new formula afterwards: in order, none lost, none doubled, also where the agent is killed', async () => {
      const seed = chooseSeed();
      const context = `SEED=${seed}`;
      const one = await world.publish(1, noting(1));
      const two = await world.publish(2, noting(2));
      const first = await world.agentProcess();
      await world.deploy(one, 0, 'web', 'm0');
      await world.deploy(one, 2, 'db', 'm0');
      const names = [parseEndpointName('web:cli'), parseEndpointName('db:srv')] as const;
      await addRelation(world.coordinator, names, requester.requestedAt);
      const web = new RemoteSide(world.coordinator, '/relations/0', 'web', seeded(seed));
      /** Both units observe as one, so where `db/1`, which runs on, knows all, `db/0` has queued all. */
      const knows = (unit: string): Promise<void> =>
        eventually(async () => {
          const lines = await told(unit);
          assert.deepEqual(new Map(follow(lines)), web.present, `${unit}, ${context}`);
          assert.notEqual(lines.at(-1)?.event, 'joined', `${unit} is owed changed, ${context}`);
        }, 90_000);
      for (let unit = 0; unit < 4; unit += 1) await web.comes();
      await knows('db/0');
      await knows('db/1');
      const before = new Map(web.present);
      const upTo = (await told('db/0')).length;

      await world.upgrade(two, ['db/0'], false, 'db');
      await eventually(
        async () => assert.equal((await world.trace('db/0')).at(-1), 'upgrade-formula 2'),
        60_000,
      );
      await web.acts(15);
      const dying = first.kill();
      await web.acts(10);
      await dying;
      await web.acts(10);
      const starting = world.agentProcess();
      await web.acts(10);
      const second = await starting;
      await web.acts(10);
      await web.gathers();
      await knows('db/1');
      assert.equal((await told('db/0')).length, upTo, 'nothing is delivered while the hook runs');

      await world.openGate('upgrade');
      await eventually(async () => assert.equal((await told('db/0')).length, upTo + 1), 60_000);
      await second.kill();
      await world.agentProcess();
      await world.openGate('deliver');
      await knows('db/0');
      await world.untilOn(two, 'db/0');
      // What comes last is told last, so that by then everything is.
      const after = new Map(web.present);
      const last = await web.comes();
      await eventually(async () => {
        const line = (await told('db/0')).at(-1);
        assert.deepEqual([line?.event, line?.unit], ['changed', last], context);
      }, 60_000);

      const lines = await told('db/0');
      follow(lines);
      const delivered = lines.slice(upTo).filter(({ unit }) => unit !== last);
      const sorted = (lines: readonly string[]): readonly string[] => [...lines].sort();
      assert.deepEqual(
        sorted(delivered.map(({ event, unit }) => `${unit} ${event}`)),
        sorted([
          ...[...before.keys()].filter((unit) => !after.has(unit)).map((unit) => `${unit} departed`),
          ...[...after].flatMap(([unit, value]) =>
            !before.has(unit)
              ? [`${unit} changed`, `${unit} joined`]
              : before.get(unit) === value
                ? []
                : [`${unit} changed`],
          ),
        ]),
        `what changed from before to after, each once, ${context}`,
      );
      assert.deepEqual([...new Set(delivered.map(({ revision }) => revision))], ['2']);
      assert.deepEqual([...new Set(delivered.map(({ attempt }) => attempt))], ['1'], 'no hook runs twice');
      const trace = await world.trace('db/0');
      assert.deepEqual(
        trace.slice(trace.indexOf('upgrade-formula 2'), trace.length - (lines.length - upTo)),
        ['upgrade-formula 2', 'config-changed 2'],
      );
      assert.ok(
        (await told('db/1')).every(({ revision }) => revision === '1'),
        'who was not asked to upgrade goes on with the old formula',
      );
    });
  });
}
