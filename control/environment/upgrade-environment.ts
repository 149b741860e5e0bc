import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeExists } from '../../state/coordination/errors.js';
import { unlessGone } from '../../state/coordination/unless-gone.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { type Entity, nodeValue, type Problem, readEntity } from '../../state/model/entity.js';
import { NotBootstrapped } from '../../state/model/errors.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { environmentId } from '../../state/model/layout.js';
import { layoutLevels, LIVES_LEVEL } from '../../state/model/layout-known.js';
import { layoutTooNew } from '../../state/model/layout-too-new.js';
import { type LevelStep, stepKinds } from '../../state/model/level-step.js';
import { type MachineState, readMachines } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { type Layout, layoutSchema } from '../../state/model/environment-schemas.js';
import { treeRoots } from '../../state/model/tree-roots.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { MachinesBehind } from './errors.js';
import type { Session } from '../session.js';
import { type BehindMachine, machinesBehind, planUpgrade, type UpgradePlan } from './plan-upgrade.js';
import { namesToLookThrough, nextPass, readStep, walkStep } from './walk-step.js';

/** The environment as a plan rests on it. */
interface Standing {
  readonly layout: Entity<Layout>;
  readonly machines: readonly MachineState[];
  readonly step: Entity<LevelStep> | undefined;
  readonly plan: UpgradePlan;
}

type Place = Pick<Session, 'coordinator' | 'environment'>;

/** What `upgradeEnvironment` would do now. @throws NotBootstrapped, LayoutTooNew, NodeInvalid */
export async function previewUpgrade(place: Place): Promise<UpgradePlan> {
  return (await readStanding(place)).plan;
}

/** An environment that is up to date. */
export interface Upgraded {
  /** What was done; `current` where there was nothing to do. */
  readonly plan: UpgradePlan;
  /** Services, relations and units that got an incarnation, by this call and those that it went on with. */
  readonly changed: number;
  /** Those of them that cannot be read, and are left as they are. */
  readonly skipped: readonly Problem[];
  /** Machines that older programs registered in the same moment: they are to be stopped. */
  readonly late: readonly BehindMachine[];
}

/** How an upgrade is done. */
export interface UpgradeOptions {
  /** Called once, before anything is written, where there is something to do. */
  readonly before?: (plan: UpgradePlan) => Promise<void>;
  /** Services, relations or units that are changed in one transaction, at most. */
  readonly most?: number;
}

/**
 * Changes the tree to the newest shape, turns on for good what older programs would misread, and keeps these out from then on.
 *
 * Where the shape changes, that goes before, in batches, and is begun only when every registered machine knows the new
 * shape; `/layout` is written last. So the environment is whole at any moment, whoever calls this again goes on where it
 * was left, and two at once do it once. What says so in `/layout` is one transaction that rests on it and on each machine's
 * node: a machine that an older agent takes meanwhile has another node, and is named. No transaction can check that no
 * machine is added, so this looks once more afterwards; a later agent watches `/layout`. Nor can one check that no older
 * command adds a service in the last moment, so what is there is looked through once more behind it.
 * @throws MachinesBehind, NotBootstrapped, LayoutTooNew, NodeInvalid, what `before` throws
 */
export async function upgradeEnvironment(
  place: Place,
  requester: Requester,
  { before, most }: UpgradeOptions = {},
): Promise<Upgraded> {
  const { coordinator } = place;
  const { plan } = await readStanding(place);
  if (plan.state === 'current') return { plan, changed: 0, skipped: [], late: [] };
  refuseBehind(place, plan);
  await before?.(plan);
  const environment = await environmentId(coordinator);
  const problems = new Map<string, Problem>();
  let changed = plan.step?.changed ?? 0;

  /** @returns whether there is more to do */
  async function goOn(): Promise<boolean> {
    const standing = await readStanding(place);
    // It was this call's own write, whose answer was lost, or another operator's.
    if (standing.plan.state === 'current') return false;
    refuseBehind(place, standing.plan);
    const { from, to } = standing.plan;
    if (standing.step === undefined && from.level < LIVES_LEVEL && to.level >= LIVES_LEVEL) {
      await begin(place, standing, requester);
      return true;
    }
    if (standing.step === undefined) {
      await raise(place, standing, undefined, requester);
      return false;
    }
    const through = await walkStep(coordinator, { environment, problems, most });
    if (through === undefined) return true;
    changed = through.value.changed;
    if (through.value.raised !== true) {
      const now = await readStanding(place);
      refuseBehind(place, now.plan);
      await raise(place, now, through, requester);
      return true;
    }
    await betweenFaults('upgrade-environment.end', () =>
      unlessGone(() => coordinator.remove(paths.layoutStep, through.version)),
    );
    return false;
  }

  while (await retryOnConflict('the layout', goOn)) {
    // The next part of it.
  }
  const late = machinesBehind(plan.to, await readMachines(coordinator));
  return { plan, changed, skipped: [...problems.values()], late };
}

function refuseBehind({ environment }: Place, { behind }: UpgradePlan): void {
  if (behind.length > 0) throw new MachinesBehind({ environment: environment.name, behind });
}

async function readStanding({ coordinator, environment: { name } }: Place): Promise<Standing> {
  const [layout, machines, step] = await Promise.all([
    readEntity(coordinator, paths.layout, layoutSchema),
    readMachines(coordinator),
    readStep(coordinator),
  ]);
  if (layout === undefined) throw new NotBootstrapped({ environment: name });
  const beyond = step !== undefined && step.value.level > layoutLevels.max ? step.value.level : 0;
  const tooNew = layoutTooNew(name, { ...layout.value, minReader: Math.max(layout.value.minReader, beyond) });
  if (tooNew !== undefined) throw tooNew;
  return { layout, machines, step, plan: planUpgrade(layout.value, machines, step?.value) };
}

/** Begins to change the shape. Nothing that stands is touched yet. */
async function begin(
  { coordinator }: Place,
  { layout, machines, plan }: Standing,
  { by, requestedAt }: Requester,
): Promise<void> {
  const names = await namesToLookThrough(coordinator);
  const of = stepKinds.reduce((all, kind) => all + names[kind].length, 0);
  const step: LevelStep = {
    level: plan.to.level,
    since: requestedAt,
    by,
    of,
    changed: 0,
    pass: 1,
    looked: 0,
  };
  try {
    await betweenFaults('upgrade-environment.begin', () =>
      coordinator.transaction([
        { kind: 'check', path: paths.layout, version: layout.version },
        ...checkMachines(machines),
        { kind: 'create', path: paths.layoutStep, value: nodeValue(step) },
      ]),
    );
  } catch (error) {
    // Another operator began it.
    if (!(error instanceof NodeExists)) throw error;
  }
}

/** Says in `/layout` what holds from now on; what follows of the step is to look for what came in the last moment. */
async function raise(
  { coordinator }: Place,
  { layout, machines, plan }: Standing,
  step: Entity<LevelStep> | undefined,
  requester: Requester,
): Promise<void> {
  const { from, to, features } = plan;
  const words = [
    `layout ${from.level} to ${to.level}`,
    ...(features.length === 0 ? [] : [`with ${features.join(', ')}`]),
    ...(step === undefined || step.value.by === requester.by ? [] : [`begun by ${step.value.by}`]),
  ];
  const asked = requestEntry(requester, { what: 'upgrade-environment', message: words.join(', ') });
  const value = nodeValue({ ...layout.value, ...to });
  const operations: readonly Operation[] = [
    { kind: 'set', path: paths.layout, value, version: layout.version },
    ...checkMachines(machines),
    ...raisedStep(step),
    ...(await missingRoots(coordinator)),
    ...(await recordEnvironmentOperations(coordinator, asked)),
  ];
  await betweenFaults('upgrade-environment.raise', () => coordinator.transaction(operations));
}

function raisedStep(step: Entity<LevelStep> | undefined): readonly Operation[] {
  if (step === undefined) return [];
  const value = nodeValue({ ...nextPass(step.value), raised: true });
  return [{ kind: 'set', path: paths.layoutStep, value, version: step.version }];
}

function checkMachines(machines: readonly MachineState[]): readonly Operation[] {
  return machines.map(({ name, version }) => ({ kind: 'check', path: paths.machine(name), version }));
}

/** Nodes that older programs made none of. Until now each was made by whoever came to need it. */
async function missingRoots(coordinator: Coordinator): Promise<readonly Operation[]> {
  const found = await coordinator.getMany(treeRoots);
  return treeRoots
    .filter((_, index) => found[index] === undefined)
    .map((path): Operation => ({ kind: 'create', path, value: '{}' }));
}
