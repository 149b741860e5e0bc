import { writeFile } from 'node:fs/promises';
import { paths } from '../../../state/model/paths.js';
import { eventually } from '../../eventually.js';
import { pairs, REVISIONS, type ServiceName, services } from './formulas.js';
import type { Model } from './model.js';
import { Broken, type Scene } from './scene.js';
import { untilCalm } from './calm.js';
import type { Step, StepKind } from './steps.js';
import { readTree, revisionOf, type Tree } from './tree.js';

/** How long a lost machine may take until it is shown as down: its session, and what a busy machine adds. */
const SESSION_ENDS = 40_000;

type StepOf<Kind extends StepKind> = Extract<Step, { readonly kind: Kind }>;

/** What a step is done to. */
export interface Play {
  readonly scene: Scene;
  readonly model: Model;
}

/** Does one step, and writes into the model what was not refused. A step that has nothing to work on does nothing. */
export async function perform(play: Play, step: Step): Promise<void> {
  const { scene } = play;
  switch (step.kind) {
    case 'deploy':
      return deploy(play, step);
    case 'destroy':
      return destroy(play, step.service, step.keepData);
    case 'redeploy':
      await destroy(play, step.service, false);
      await untilGone(scene, step.service);
      return deploy(play, step);
    case 'add': {
      const asked = await scene.types(['add-unit', '--no-wait', '-n', String(step.units), step.service]);
      if (asked.code === 0) await lookForNew(play);
      return;
    }
    case 'remove': {
      const unit = unitOf(play, step.service, step.unit);
      if (unit === undefined) return;
      const beside = besideOf(await readTree(scene.world), [unit]);
      const asked = await scene.types(['remove-unit', ...keeping(step), unit]);
      if (asked.code === 0) play.model.gone([unit, ...beside], 'left');
      return;
    }
    case 'relate':
    case 'part':
      return relate(play, step);
    case 'set': {
      const asked = await scene.types(['set', step.service, `title=${step.title}`]);
      const wanted = play.model.services.get(step.service);
      if (asked.code === 0 && wanted !== undefined) wanted.title = step.title;
      return;
    }
    case 'upgrade':
      return upgrade(play, step);
    case 'revert':
      return revert(play, step);
    case 'resolved': {
      const unit = step.service === undefined ? '--all' : unitOf(play, step.service, step.unit);
      if (unit !== undefined) await scene.types(['resolved', ...(step.retry ? ['--retry'] : []), unit]);
      return;
    }
    case 'spoil':
      return writeFile(scene.world.path('trace', `spoil-${step.service}-${step.hook}-${step.often}`), '');
    case 'run': {
      const unit = unitOf(play, step.service, step.unit);
      const codes = [0, 1, 124];
      if (unit !== undefined) await scene.types(['run', '--timeout', '5s', unit, '--', 'true'], { codes });
      return;
    }
    case 'kill':
    case 'stop': {
      const ended = await scene.end(step.machine, step.kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
      if (ended) scene.later(step.back, () => scene.start(step.machine));
      return;
    }
    case 'freeze':
      return scene.freeze(step.machine, step.back);
    case 'lose':
      return lose(play, step);
    case 'return':
      return scene.comeBack();
    case 'rest':
      await scene.allAround();
      return untilCalm(scene, 10_000);
  }
}

const keeping = ({ keepData }: { readonly keepData: boolean }): readonly string[] =>
  keepData ? ['--keep-data'] : [];

async function destroy({ scene, model }: Play, service: ServiceName, keepData: boolean): Promise<void> {
  const asked = await scene.types(['destroy-service', ...keeping({ keepData }), service]);
  if (asked.code === 0) destroyed(model, service);
}

/** Waits until the service is gone, for as long as an operator would: an agent may be away that hosts a unit of it. */
async function untilGone({ world }: Scene, service: ServiceName): Promise<void> {
  await eventually(async () => {
    if ((await world.coordinator.get(paths.service(service))) !== undefined) throw new Error('it is there');
  }, 5_000).catch(() => undefined);
}

async function deploy(
  { scene, model }: Play,
  { service, units, machine }: Omit<StepOf<'deploy'>, 'kind'>,
): Promise<void> {
  const subordinate = service === 'mon';
  const asked = await scene.types([
    ...['deploy', '--no-wait', '--repository', scene.world.path('world')],
    ...(subordinate ? [] : ['-n', String(units)]),
    ...(machine === undefined || subordinate ? [] : ['--machine', machine]),
    ...[`${services[service]}-1`, service],
  ]);
  if (asked.code !== 0) return;
  const found = (await readTree(scene.world)).services.get(service);
  if (found === undefined) throw new Broken('what was deployed is there', `${service} is not in the tree`);
  const names = found.units.map(({ name }) => name);
  const again = names.filter((name) => model.everSeen.has(name));
  if (again.length > 0)
    throw new Broken('no unit number comes twice', `${again.join(', ')} were there before`);
  model.deployed(service, found.service.formula, names);
}

/** What goes with a service: its relations, and the subordinates that they placed. */
function destroyed(model: Model, service: ServiceName): void {
  model.destroyed(service);
  for (const pair of model.pairs) if (pairOf(pair).includes(service)) model.pairs.delete(pair);
}

/** Services of a pair. */
export function pairOf(pair: number): readonly ServiceName[] {
  return (pairs[pair] ?? []).map((endpoint) => endpoint.slice(0, endpoint.indexOf(':')) as ServiceName);
}

async function relate({ scene, model }: Play, { kind, pair }: StepOf<'relate' | 'part'>): Promise<void> {
  const names = pairs[pair] ?? [];
  const asked = await scene.types([kind === 'relate' ? 'add-relation' : 'remove-relation', ...names]);
  if (asked.code !== 0) return;
  if (kind === 'part') model.pairs.delete(pair);
  else {
    model.pairs.add(pair);
    await lookForNew({ scene, model });
  }
}

/** Takes note of units that came by the last command. */
async function lookForNew({ scene, model }: Play): Promise<void> {
  for (const [name, { units }] of (await readTree(scene.world)).services) {
    model.added(
      name,
      units.map((unit) => unit.name).filter((unit) => !model.everSeen.has(unit)),
    );
  }
}

async function upgrade(play: Play, step: StepOf<'upgrade'>): Promise<void> {
  const { scene, model } = play;
  const { service, by, force, revertOnError } = step;
  const wanted = model.services.get(service);
  const revision = Math.min(REVISIONS, (wanted === undefined ? 1 : revisionOf(wanted.formula)) + by);
  const unit = step.unit === undefined ? undefined : unitOf(play, service, step.unit);
  const asked = await scene.types([
    ...['upgrade-formula', '--no-wait', '--revision', String(revision)],
    ...(force ? ['--force'] : []),
    ...(revertOnError ? ['--revert-on-error'] : []),
    ...(unit === undefined ? [] : ['--unit', unit]),
    service,
  ]);
  if (asked.code !== 0 || wanted === undefined) return;
  const formula = (await readTree(scene.world)).services.get(service)?.service.formula;
  if (formula !== `world:${services[service]}-${revision}`)
    throw new Broken(
      'a service is set to what was asked',
      `${service} is set to ${formula}, not ${revision}`,
    );
  model.setTo(service, formula);
}

async function revert(play: Play, { service, force, unit: nth }: StepOf<'revert'>): Promise<void> {
  const { scene, model } = play;
  const unit = nth === undefined ? service : unitOf(play, service, nth);
  if (unit === undefined) return;
  const asked = await scene.types(['revert-formula', '--no-wait', ...(force ? ['--force'] : []), unit]);
  const wanted = model.services.get(service);
  if (asked.code !== 0 || wanted === undefined || unit !== service) return;
  const formula = (await readTree(scene.world)).services.get(service)?.service.formula ?? '';
  if (!wanted.formulas.has(formula) || revisionOf(formula) === revisionOf(wanted.formula))
    throw new Broken('a service goes back to what it was set to', `${service} is set to ${formula}`);
  model.setTo(service, formula);
}

/** Takes a machine for lost once it is shown as down, and its units out by force, with it or alone. */
async function lose({ scene, model }: Play, { machine, whole }: StepOf<'lose'>): Promise<void> {
  await scene.lose(machine);
  await eventually(async () => {
    if ((await readTree(scene.world)).up.has(machine)) throw new Error(`${machine} is still up`);
  }, SESSION_ENDS).catch((error: Error) => {
    throw new Broken('a dead agent is shown as down', error.message);
  });
  const tree = await readTree(scene.world);
  const hosted = tree.hosted.get(machine) ?? [];
  const principals = hosted.filter((unit) => principalOf(tree, unit) === undefined);
  if (!whole && principals.length === 0) return;
  const asked = await scene.types(
    whole ? ['remove-machine', '--force', '--yes', machine] : ['remove-unit', '--force', ...principals],
  );
  if (asked.code === 0) model.gone([...hosted, ...besideOf(tree, hosted)], 'forced');
}

/** The unit's principal, where it is placed beside one. */
export function principalOf(tree: Tree, unit: string): string | undefined {
  const service = unit.slice(0, unit.indexOf('/')) as ServiceName;
  return tree.services.get(service)?.units.find(({ name }) => name === unit)?.unit.principal;
}

/** Units that are placed beside one of these. */
function besideOf(tree: Tree, units: readonly string[]): readonly string[] {
  return [...tree.services.values()]
    .flatMap((service) => service.units)
    .filter(({ unit }) => unit.principal !== undefined && units.includes(unit.principal))
    .map(({ name }) => name);
}

/** One of the units that the service shall have, counted round. */
function unitOf({ model }: Play, service: ServiceName, nth: number): string | undefined {
  const units = [...(model.services.get(service)?.units ?? [])].toSorted();
  return units[nth % Math.max(1, units.length)];
}
