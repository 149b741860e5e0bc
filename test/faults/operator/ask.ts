import { paths } from '../../../state/model/paths.js';
import { eventually } from '../../eventually.js';
import { pairs, REVISIONS, type ServiceName, services } from './formulas.js';
import type { Model } from './model.js';
import { Broken, type Scene } from './scene.js';
import type { Step, StepKind } from './steps.js';
import { besideOf, readTree, revisionOf, type Tree } from './tree.js';

export type StepOf<Kind extends StepKind> = Extract<Step, { readonly kind: Kind }>;

/** What a step is done to. */
export interface Play {
  readonly scene: Scene;
  readonly model: Model;
  /** Something else is asked at the same time, so that a command's exit does not tell how things are after it. */
  readonly crowded?: boolean;
}

/** What a command came to: what it asked for is so, is not, or is for the tree to tell. */
type Outcome = 'done' | 'refused' | 'perhaps';

async function ask({ scene, crowded }: Play, step: Step, ...args: readonly string[]): Promise<Outcome> {
  const { trouble } = step;
  const { code } = await scene.types(args, trouble === undefined ? {} : { trouble });
  if (crowded === true || trouble?.how === 'kill') return 'perhaps';
  return code === 0 ? 'done' : 'refused';
}

/** A command that ended with 0 did what it says. */
function require(holds: boolean, outcome: Outcome, what: string): boolean {
  if (!holds && outcome === 'done')
    throw new Broken('a command that ends with 0 did what it was asked', what);
  return holds;
}

const keeping = ({ keepData }: { readonly keepData: boolean }): readonly string[] =>
  keepData ? ['--keep-data'] : [];

/** The service as it stands, unless it is going. */
function standing(tree: Tree, service: ServiceName): ReturnType<Tree['services']['get']> {
  const found = tree.services.get(service);
  return found?.service.destroying === true ? undefined : found;
}

export async function destroy(play: Play, step: StepOf<'destroy'> | StepOf<'redeploy'>): Promise<void> {
  const { service } = step;
  const kept = step.kind === 'destroy' ? keeping(step) : [];
  const outcome = await ask(play, step, 'destroy-service', ...kept, service);
  if (outcome === 'refused') return;
  const gone = standing(await readTree(play.scene.world), service) === undefined;
  if (require(gone, outcome, `${service} is not being destroyed`)) play.model.destroyed(service);
}

/** Waits until the service is gone, for as long as an operator would: an agent may be away that hosts a unit of it. */
export async function untilGone({ world }: Scene, service: ServiceName): Promise<void> {
  await eventually(async () => {
    if ((await world.coordinator.get(paths.service(service))) !== undefined) throw new Error('it is there');
  }, 5_000).catch(() => undefined);
}

export async function deploy(play: Play, step: StepOf<'deploy'> | StepOf<'redeploy'>): Promise<void> {
  const { scene, model } = play;
  const { service, units, machine } = step;
  const subordinate = service === 'mon';
  // Whoever deploys another service at the same time may see the new units before this looks.
  const seenBefore = new Set(model.everSeen);
  const outcome = await ask(
    play,
    step,
    ...['deploy', '--no-wait', '--repository', scene.world.path('world')],
    ...(subordinate ? [] : ['-n', String(units)]),
    ...(machine === undefined || subordinate ? [] : ['--machine', machine]),
    ...[`${services[service]}-1`, service],
  );
  if (outcome === 'refused') return;
  const found = standing(await readTree(scene.world), service);
  if (!require(found !== undefined, outcome, `${service} is not there`)) return;
  if (model.services.has(service)) return lookForNew(play);
  const names = found?.units.map(({ name }) => name) ?? [];
  const again = names.filter((name) => seenBefore.has(name));
  if (again.length > 0)
    throw new Broken('no unit number comes twice', `${again.join(', ')} were there before`);
  model.deployed(service, found?.service.formula ?? '', names);
}

export async function add(play: Play, step: StepOf<'add'>): Promise<void> {
  const outcome = await ask(play, step, 'add-unit', '--no-wait', '-n', String(step.units), step.service);
  if (outcome !== 'refused') await lookForNew(play);
}

export async function remove(play: Play, step: StepOf<'remove'>): Promise<void> {
  const { scene, model } = play;
  const unit = unitOf(play, step.service, step.unit);
  if (unit === undefined) return;
  const beside = besideOf(await readTree(scene.world), [unit]);
  const outcome = await ask(play, step, 'remove-unit', ...keeping(step), unit);
  if (outcome === 'refused') return;
  const nodes = (await readTree(scene.world)).unitNodes.get(unit);
  const goes = nodes === undefined || nodes.includes('removal');
  if (require(goes, outcome, `${unit} is not asked to go`)) model.gone([unit, ...beside], 'left');
}

export async function relate(play: Play, step: StepOf<'relate' | 'part'>): Promise<void> {
  const names = pairs[step.pair] ?? [];
  const command = step.kind === 'relate' ? 'add-relation' : 'remove-relation';
  const outcome = await ask(play, step, command, ...names);
  if (outcome === 'refused') return;
  const tree = await readTree(play.scene.world);
  const related = [...tree.services.values()].some(({ relations }) =>
    relations.some(
      ({ value }) =>
        value.removing !== true &&
        names.every((name) => value.endpoints.some((end) => `${end.service}:${end.name}` === name)),
    ),
  );
  require(related === (step.kind === 'relate'), outcome, `${names.join(' and ')}: ${related}`);
  if (!related) play.model.pairs.delete(step.pair);
  else {
    play.model.pairs.add(step.pair);
    await lookForNew(play);
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

export async function set(play: Play, step: StepOf<'set'>): Promise<void> {
  const outcome = await ask(play, step, 'set', '--no-wait', step.service, `title=${step.title}`);
  const wanted = play.model.services.get(step.service);
  if (outcome === 'refused' || wanted === undefined) return;
  const node = await play.scene.world.coordinator.get(paths.config(step.service));
  const { title = 'none' } = JSON.parse(node?.value ?? '{}');
  require(title === step.title, outcome, `the title of ${step.service} is ${title}`);
  wanted.title = title;
}

export async function upgrade(play: Play, step: StepOf<'upgrade'>): Promise<void> {
  const { service, by, force, revertOnError } = step;
  const now = play.model.services.get(service)?.formula;
  const revision = Math.min(REVISIONS, (now === undefined ? 1 : revisionOf(now)) + by);
  const unit = step.unit === undefined ? undefined : unitOf(play, service, step.unit);
  const outcome = await ask(
    play,
    step,
    ...['upgrade-formula', '--no-wait', '--revision', String(revision)],
    ...(force ? ['--force'] : []),
    ...(revertOnError ? ['--revert-on-error'] : []),
    ...(unit === undefined ? [] : ['--unit', unit]),
    service,
  );
  const formula = await setTo(play, service, outcome);
  if (formula !== undefined)
    require(revisionOf(formula) === revision, outcome, `${service} is set to ${formula}, not to ${revision}`);
}

export async function revert(play: Play, step: StepOf<'revert'>): Promise<void> {
  const { service, force } = step;
  const unit = step.unit === undefined ? service : unitOf(play, service, step.unit);
  if (unit === undefined) return;
  const before = play.model.services.get(service);
  const then = before?.formula;
  const outcome = await ask(play, step, 'revert-formula', '--no-wait', ...(force ? ['--force'] : []), unit);
  const formula = await setTo(play, service, outcome);
  if (formula === undefined || before === undefined || unit !== service) return;
  require(before.formulas.has(formula) &&
    formula !== then, outcome, `${service} was set to ${then} and is set to ${formula}`);
}

/** Takes note of the formula that the service is set to. */
async function setTo(
  { scene, model }: Play,
  service: ServiceName,
  outcome: Outcome,
): Promise<string | undefined> {
  if (outcome === 'refused' || !model.services.has(service)) return undefined;
  const formula = standing(await readTree(scene.world), service)?.service.formula;
  if (formula !== undefined) model.setTo(service, formula);
  return formula;
}

/** One of the units that the service shall have, counted round. */
export function unitOf({ model }: Play, service: ServiceName, nth: number): string | undefined {
  const units = [...(model.services.get(service)?.units ?? [])].toSorted();
  return units[nth % Math.max(1, units.length)];
}
