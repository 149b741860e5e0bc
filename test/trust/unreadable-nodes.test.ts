import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from '../faults/formulas.js';

const ONE = 'world:f-1';
const MEETING = paths.meeting('0');

/** What can stand in a node instead of what should. */
const GARBAGE = ['{', '[]', '{"state":7,"entries":[7],"lines":7,"next":"x"}'];

interface Row {
  readonly path: string;
  /** What of the rest is shown as before, besides the other service. */
  readonly rows: readonly string[];
  /** Where it is said; `status` unless told otherwise. */
  readonly saidBy?: 'history' | 'debug-log' | 'nobody';
}

const ROWS: readonly Row[] = [
  { path: paths.machine('m0'), rows: ['f/0', 'g/0'] },
  { path: paths.agent('m0'), rows: ['f/0', 'g/0'] },
  { path: paths.service('f'), rows: ['g/0'] },
  { path: paths.config('f'), rows: ['f/0', 'g/0'], saidBy: 'nobody' },
  { path: paths.unit('f/0'), rows: ['f/0', 'g/0'] },
  { path: paths.status('f/0'), rows: ['f/0', 'g/0'] },
  { path: paths.upgrade('f/0'), rows: ['f/0', 'g/0'] },
  { path: paths.formula(ONE), rows: ['f/0', 'g/0'] },
  { path: paths.relation('0'), rows: ['f/0', 'g/0'] },
  { path: paths.settings(MEETING, 'f/0'), rows: ['f/0', 'g/0'], saidBy: 'nobody' },
  { path: paths.serviceHistory('f'), rows: ['f/0', 'g/0'], saidBy: 'history' },
  { path: paths.unitHistory('f/0'), rows: ['f/0', 'g/0'], saidBy: 'history' },
  { path: paths.logSegment('m0', 1), rows: ['f/0', 'g/0'], saidBy: 'debug-log' },
];

interface Status {
  readonly services: Readonly<
    Record<string, { readonly units: Readonly<Record<string, { state: string }>> }>
  >;
  readonly problems?: readonly { readonly path: string; readonly reason: string }[];
}

describe('a node that cannot be read', function () {
  this.timeout(120_000);
  let world: World;

  before(async () => {
    world = await World.open();
    const events = ['joined', 'changed', 'departed', 'broken'].flatMap((event) => [
      `db-relation-${event}`,
      `site-relation-${event}`,
    ]);
    const about = 'echo "about $ENSEMBLE_HOOK $ENSEMBLE_REMOTE_UNIT" | tee -a "$unit"';
    const bodies = Object.fromEntries(events.map((event) => [event, about]));
    await world.publish(1, tracingFormula(world, 1, bodies));
    const agent = await world.agentProcess();
    await world.deploy(ONE);
    await world.deploy(ONE, 1, 'g');
    await world.untilOn(ONE);
    await world.untilOn(ONE, 'g/0');
    const names = [parseEndpointName('f:db'), parseEndpointName('g:site')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
    await heard('g/0', 'site-relation-changed', 'f/0');
    await heard('f/0', 'db-relation-changed', 'g/0');
    await eventually(async () => assert.ok(await world.coordinator.get(paths.logSegment('m0', 1))));
    await agent.kill('SIGTERM');
  });
  after(() => world.close());

  /** Waits until a hook of a unit ran about another one. */
  async function heard(unit: string, hook: string, remote: string, times = 1): Promise<void> {
    await eventually(async () => {
      const lines = await world.trace(unit);
      const about = lines.filter((line) => line === `about ${hook} ${remote}`);
      assert.ok(about.length >= times, `${unit}: ${hook} about ${remote} in:\n${lines.join('\n')}`);
    });
  }

  const statusOf = async (): Promise<Status> => {
    const { code, stdout, stderr } = await ensemble(world, 'status', '--format', 'json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  /** Does something while other text stands at a path, and puts back what stood there. */
  async function withText(path: string, text: string, act: () => Promise<void>): Promise<void> {
    const { coordinator } = world;
    const sound = await coordinator.get(path);
    if (sound === undefined) await coordinator.create(path, text);
    else await coordinator.set(path, text);
    try {
      await act();
    } finally {
      if (sound === undefined) await coordinator.remove(path);
      else await coordinator.set(path, sound.value);
    }
  }

  for (const { path, rows, saidBy = 'status' } of ROWS)
    it(`${path}: every command that only looks shows the rest, with the same exit code`, async () => {
      const sound = await statusOf();
      for (const text of path === paths.config('f') ? GARBAGE.slice(0, 2) : GARBAGE)
        await withText(path, text, async () => {
          const [status, machines, history, log, resolved] = await Promise.all([
            statusOf(),
            ...['machines', 'history', 'debug-log', 'resolved'].map((command) =>
              ensemble(world, command, ...(command === 'resolved' ? ['--all'] : [])),
            ),
          ]);
          for (const run of [machines, history, log, resolved]) assert.equal(run?.code, 0, run?.stderr);
          assert.equal(resolved?.stderr, 'nothing is in error\n');
          assert.match(machines?.stdout ?? '', /^m0 /m);
          const shown = Object.values(status.services).flatMap(({ units }) => Object.keys(units));
          assert.deepEqual(shown.sort(), rows);
          assert.deepEqual(status.services.g?.units['g/0']?.state, sound.services.g?.units['g/0']?.state);
          const named = (status.problems ?? []).map((problem) => problem.path);
          assert.deepEqual(named, saidBy === 'status' ? [path] : [], text);
          for (const [by, run] of [
            ['history', history],
            ['debug-log', log],
          ] as const)
            assert.equal(run?.stderr.includes(`warning: ${path} cannot be read: `), saidBy === by, by);
        });
    });

  /** How `status` ends: what needs somebody, which may be that the agent has stopped, stands behind the problems. */
  const endingOf = (problems: readonly string[]): RegExp =>
    new RegExp(
      `\\n\\ncannot be read, and is left alone:\\n${problems.map((problem) => `  ${problem}\\n`).join('')}` +
        '(\\nNEEDS ATTENTION\\nm0: its agent was stopped at \\S+ \\S+\\n    start it on .*\\n(    next: where m0 is lost for good: .*\\n)?)?$',
    );

  it('is named beneath the table, with the reason', async () => {
    await withText(paths.status('f/0'), '{', async () => {
      const { stdout } = await ensemble(world, 'status');
      assert.match(stdout, /^f\/0 +unknown .*\/units\/f-0\/status is damaged: it is no JSON/m);
      assert.match(stdout, endingOf(['/units/f-0/status: it is no JSON']));
      await withText(paths.relation('0'), '{', async () => {
        const { problems = [] } = await statusOf();
        assert.deepEqual(problems.map(({ path }) => path).sort(), [paths.relation('0'), paths.status('f/0')]);
        const both = await ensemble(world, 'status');
        assert.match(both.stdout, endingOf(problems.map(({ path, reason }) => `${path}: ${reason}`)));
      });
    });
    await withText(paths.machine('m0'), '{}', async () => {
      const { stdout } = await ensemble(world, 'machines');
      assert.match(stdout, /\n\ncannot be read, and is left alone:\n {2}\/machines\/m0: hostname: /);
    });
  });

  it('does not do to the words of a later release: they are shown as they are, and nothing is done about them', async () => {
    const { status } = await world.unit();
    const later = {
      ...status,
      state: 'hibernating-error',
      relations: { 'db:0': { state: 'dozing', services: ['g'] } },
      upgrade: { step: 'dreaming', from: ONE, to: ONE, since: status.since },
    };
    await withText(paths.status('f/0'), nodeValue(later), async () => {
      const { services, problems } = await statusOf();
      const shown = services.f?.units['f/0'] as unknown as Record<string, unknown>;
      assert.equal(shown.state, 'hibernating-error');
      assert.deepEqual(shown.relations, { db: 'dozing' });
      assert.equal((shown.upgrade as { step: string }).step, 'dreaming');
      assert.equal(problems, undefined);
      assert.match((await ensemble(world, 'status')).stdout, /^f\/0 +hibernating-error .* dreaming /m);
      assert.equal((await ensemble(world, 'resolved', '--all')).stderr, 'nothing is in error\n');
      const one = await ensemble(world, 'resolved', 'f/0');
      assert.match(one.stderr, /f\/0 is in no error state: it is hibernating-error/);
    });
    const history = await world.coordinator.get(paths.serviceHistory('f'));
    const { entries } = JSON.parse(history?.value ?? '{"entries":[]}');
    const entry = { id: 'x', at: '2026-01-01T00:00:00Z', what: 'moult', outcome: 'half' };
    await withText(paths.serviceHistory('f'), nodeValue({ entries: [...entries, entry, 7] }), async () => {
      const { stdout, stderr } = await ensemble(world, 'history', 'f');
      assert.match(stdout, /moult +half/);
      assert.match(stderr, /^warning: \/history\/f cannot be read: entries\.\d+: /);
    });
  });

  it('keeps no command from going on record', async () => {
    await withText(paths.serviceHistory('f'), '{', async () => {
      const { code, stderr } = await ensemble(world, 'set', '--no-wait', 'f', 'title=a');
      assert.equal(code, 0, stderr);
      assert.equal((await world.coordinator.get(paths.serviceHistory('f')))?.value, '{');
    });
  });

  it('of a unit keeps no other from being upgraded, and is named by the command', async () => {
    await world.publish(2, tracingFormula(world, 2));
    await world.deploy(ONE, 2, 'k');
    await withText(paths.unit('k/0'), '{', async () => {
      const { code, stderr } = await ensemble(
        world,
        'upgrade-formula',
        '--strategy',
        'all',
        '--no-wait',
        'k',
      );
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^warning: \/units\/k-0 cannot be read: it is no JSON; its unit is left alone$/m);
      assert.equal(await world.coordinator.get(paths.upgrade('k/0')), undefined);
      assert.notEqual(await world.coordinator.get(paths.upgrade('k/1')), undefined);
    });
  });

  it('does not stop what the agent does for others: settings, relations, machines, units that wait', async () => {
    const { coordinator } = world;
    const settings = paths.settings(MEETING, 'f/0');
    const before = await world.trace('g/0');
    const sound = await coordinator.get(settings);
    await coordinator.set(settings, '{"port":80}');
    await coordinator.create(paths.machine('m9'), '{');
    await coordinator.create(paths.machineUnits('m9'), '{}');
    await coordinator.create(paths.unplacedUnit('zombie/0'), '{}');
    await coordinator.create(paths.unit('zombie/0'), '{');
    const agent = await world.agentProcess();
    const [added] = await addUnits(coordinator, 'f', 1, requester.requestedAt);
    assert.equal(added, 'f/1');
    assert.equal((await world.unit('f/1')).unit.machine, 'm0', 'not on the machine that nobody can read');
    await heard('g/0', 'site-relation-changed', 'f/1');
    assert.equal((await world.unit('g/0')).status.relations?.['site:0']?.state, 'up');
    // It departed when its agent's session ran out, and comes back when its settings can be read.
    const about = (await world.trace('g/0')).slice(before.length);
    assert.ok(!about.some((line) => /(joined|changed) f\/0$/.test(line)), about.join());
    await agent.logged('cannot be used');
    await coordinator.set(settings, sound?.value ?? '{}');
    await heard('g/0', 'site-relation-changed', 'f/0', 2);

    // A relation that cannot be read is not one that is gone, whenever the agent looks first.
    await agent.kill('SIGTERM');
    await withText(paths.relation('0'), '{', async () => {
      const again = await world.agentProcess();
      await again.logged('cannot be used');
      await world.deploy(ONE, 1, 'h');
      await world.untilOn(ONE, 'h/0');
      const said = (await world.trace('g/0')).filter((line) => line.includes('broken'));
      assert.deepEqual(said, [], 'nothing is broken');
    });
  });
});
