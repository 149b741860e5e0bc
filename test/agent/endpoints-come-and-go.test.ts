import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { requestEntry } from '../../state/model/history-entry.js';
import { nodeOfUnit, paths } from '../../state/model/paths.js';
import { relationsOfService } from '../../state/model/relations.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { requireService } from '../../state/model/services.js';
import { setFormula } from '../../control/rollout/set-formula.js';
import { eventually } from '../eventually.js';
import { chooseSeed, seeded } from '../random.js';
import { assertLegal, type Line, present } from './relation-lives.js';
import { type FormulaOptions, requester, World } from './world.js';

/** The peers of each revision: they come, go, and come back. */
const PEERS: readonly (readonly string[])[] = [[], ['ring'], [], ['ring', 'web'], ['web'], ['ring']];
const UNITS = ['f/0', 'f/1', 'f/2'];
const LAST = PEERS.length - 1;
const STEPS = 14;

/** A revision whose hooks note what they are told, and whose upgrade fails while a gate is open. */
function noting(revision: number): FormulaOptions {
  const peers = PEERS[revision] ?? [];
  const events = ['joined', 'changed', 'departed', 'broken'];
  const relations = peers.flatMap((name) => events.map((event) => `${name}-relation-${event}`));
  const note = `echo "${revision} $ENSEMBLE_HOOK $ENSEMBLE_RELATION_ID $ENSEMBLE_REMOTE_UNIT $ENSEMBLE_HOOK_ATTEMPT" >>"$trace.told"`;
  const sections = peers.map((name) => `${name}: talk`).join(', ');
  return {
    hooks: {
      ...Object.fromEntries([...relations, 'revert-formula'].map((hook) => [hook, note])),
      'upgrade-formula': `${note}\n[ ! -e "$TRACE/gate-bad" ] || exit 5`,
    },
    files: { 'metadata.yaml': `name: f\nrevision: ${revision}\npeers: {${sections}}\n` },
  };
}

describe('peers that come, go and come back with the revisions of their units', function () {
  this.timeout(240_000);
  let world: World;
  before(async () => {
    world = await World.open();
  });
  after(() => world.close());

  const told = async (unit: string): Promise<readonly Line[]> => {
    const text = await readFile(world.path('trace', `${nodeOfUnit(unit)}.told`), 'utf8').catch(() => '');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const words = line.split(' ').filter((word) => word !== '');
        const [revision = '', hook = ''] = words;
        const [name = '', event = ''] = hook.split('-relation-');
        if (event === '') return { kind: 'upgrade', revision: Number(revision) };
        const [id = '', remote = ''] = words.slice(2, -1);
        return { kind: event, revision: Number(revision), name, id, remote, attempt: words.at(-1) ?? '' };
      });
  };
  const revisionOf = (formula: string | null): number => Number(formula?.split('-').at(-1) ?? 0);

  it('are told to every unit in order, none lost, none doubled, also where the agent is killed', async () => {
    const seed = chooseSeed();
    const context = `SEED=${seed}`;
    const random = seeded(seed);
    const formulas: string[] = [];
    for (let revision = 1; revision <= LAST; revision += 1)
      formulas[revision] = await world.publish(revision, noting(revision));
    const formulaOf = (revision: number): string => formulas[revision] ?? '';
    let agent = await world.agentProcess();
    await world.deploy(formulaOf(1), UNITS.length);
    for (const unit of UNITS) await world.untilOn(formulaOf(1), unit);

    /** Some units go to a revision, as `upgrade-formula` or `revert-formula` sends them. */
    const send = async (revision: number, units: readonly string[], revertOnError = false): Promise<void> => {
      const { formula } = (await requireService(world.coordinator, 'f')).value;
      const to = formulaOf(revision);
      if (formula !== to)
        await setFormula(
          world.coordinator,
          'f',
          (service) => ({ ...service, formula: to, previous: service.formula }),
          requestEntry(requester, { what: 'upgrade' }),
        );
      for (const unit of units) {
        const back = revisionOf((await world.unit(unit)).unit.formula) > revision;
        const flag = back ? { revert: true, to } : revertOnError ? { revertOnError } : {};
        await flagUnits(world.coordinator, [unit], { ...requester, force: true, ...flag });
      }
    };
    const rest = (unit: string): Promise<void> =>
      eventually(async () => {
        const { status, flag } = await world.unit(unit);
        const seen = `${unit} ${JSON.stringify(status)} ${JSON.stringify(flag)}, ${context}`;
        assert.ok(status.state === 'upgrade-error' || (status.state === 'started' && !status.upgrade), seen);
        assert.ok(status.state === 'upgrade-error' || flag === undefined, seen);
      }, 60_000);

    for (let step = 0; step < STEPS; step += 1) {
      const units = UNITS.filter(() => random() < 0.6);
      if (random() < 0.3) await world.openGate('bad');
      await send(1 + Math.floor(random() * LAST), units, random() < 0.7);
      if (random() < 0.3) {
        await agent.kill();
        agent = await world.agentProcess();
      }
      if (random() < 0.6) for (const unit of UNITS) await rest(unit);
      await world.closeGate('bad');
    }

    // In the end all units are on one revision, and know each other and nobody else.
    for (const unit of UNITS) {
      await rest(unit);
      if ((await world.unit(unit)).status.state === 'upgrade-error')
        await requestResolved(world.coordinator, unit, true, requester).catch(() => undefined);
    }
    for (const unit of UNITS) await rest(unit);
    await send(LAST, UNITS);
    for (const unit of UNITS) {
      await eventually(async () => {
        const { status, unit: node } = await world.unit(unit);
        assert.deepEqual([status.state, node.formula], ['started', formulaOf(LAST)], `${unit}, ${context}`);
        const others = UNITS.filter((other) => other !== unit);
        assert.deepEqual(present(await told(unit)), { ring: others }, `${unit}, ${context}`);
      }, 60_000);
    }
    const names = (await relationsOfService(world.coordinator, 'f')).map(
      ({ value }) => value.endpoints[0]?.name,
    );
    assert.deepEqual(names, ['ring'], `peers that no unit has are gone, ${context}`);

    await requestRemoval(world.coordinator, UNITS, requester);
    for (const unit of UNITS)
      await eventually(
        async () =>
          assert.equal(await world.coordinator.get(paths.unit(unit)), undefined, `${unit}, ${context}`),
        60_000,
      );
    for (const unit of UNITS) {
      const lines = await told(unit);
      assertLegal(lines, (revision) => PEERS[revision] ?? [], `${unit}, ${context}`);
      assert.deepEqual(present(lines), {}, `${unit}, ${context}`);
    }
  });
});
