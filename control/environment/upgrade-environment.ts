import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { type Entity, nodeValue, readEntity } from '../../state/model/entity.js';
import { NotBootstrapped } from '../../state/model/errors.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { layoutTooNew } from '../../state/model/layout-too-new.js';
import { type MachineState, readMachines } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { type Layout, layoutSchema } from '../../state/model/environment-schemas.js';
import { treeRoots } from '../../state/model/tree-roots.js';
import { MachinesBehind } from './errors.js';
import type { Session } from '../session.js';
import { type BehindMachine, machinesBehind, planUpgrade, type UpgradePlan } from './plan-upgrade.js';

/** The environment as a plan rests on it. */
interface Standing {
  readonly layout: Entity<Layout>;
  readonly machines: readonly MachineState[];
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
  /** Machines that older programs registered in the same moment: they are to be stopped. */
  readonly late: readonly BehindMachine[];
}

/**
 * Turns on for good what older programs would misread, and keeps them out from then on. It is one transaction that rests on
 * `/layout` and on each machine's node: a machine that an older agent takes meanwhile has another node, and is named. No
 * transaction can check that no machine is added, so this looks once more afterwards; a later agent watches `/layout`.
 * @param before called once, before anything is written, where there is something to do
 * @throws MachinesBehind, NotBootstrapped, LayoutTooNew, NodeInvalid, what `before` throws
 */
export async function upgradeEnvironment(
  place: Place,
  requester: Requester,
  before: (plan: UpgradePlan) => Promise<void>,
): Promise<Upgraded> {
  const { coordinator, environment } = place;
  const refuseBehind = ({ behind }: UpgradePlan): void => {
    if (behind.length > 0) throw new MachinesBehind({ environment: environment.name, behind });
  };
  const { plan } = await readStanding(place);
  if (plan.state === 'current') return { plan, late: [] };
  refuseBehind(plan);
  await before(plan);
  const { from, to, features } = plan;
  const message = `layout ${from.level} to ${to.level}${features.length === 0 ? '' : `, with ${features.join(', ')}`}`;
  const asked = requestEntry(requester, { what: 'upgrade-environment', message });
  await retryOnConflict('the layout', async () => {
    const standing = await readStanding(place);
    // It was this call's own write, whose answer was lost, or another operator's.
    if (standing.plan.state === 'current') return;
    refuseBehind(standing.plan);
    await coordinator.transaction([
      ...layoutOperations(standing),
      ...(await missingRoots(coordinator)),
      ...(await recordEnvironmentOperations(coordinator, asked)),
    ]);
  });
  return { plan, late: machinesBehind(to, await readMachines(coordinator)) };
}

async function readStanding({ coordinator, environment: { name } }: Place): Promise<Standing> {
  const [layout, machines] = await Promise.all([
    readEntity(coordinator, paths.layout, layoutSchema),
    readMachines(coordinator),
  ]);
  if (layout === undefined) throw new NotBootstrapped({ environment: name });
  const tooNew = layoutTooNew(name, layout.value);
  if (tooNew !== undefined) throw tooNew;
  return { layout, machines, plan: planUpgrade(layout.value, machines) };
}

function layoutOperations({ layout, machines, plan }: Standing): readonly Operation[] {
  const value = nodeValue({ ...layout.value, ...plan.to });
  return [
    { kind: 'set', path: paths.layout, value, version: layout.version },
    ...machines.map(
      ({ name, version }): Operation => ({ kind: 'check', path: paths.machine(name), version }),
    ),
  ];
}

/** Nodes that older programs made none of. Until now each was made by whoever came to need it. */
async function missingRoots(coordinator: Coordinator): Promise<readonly Operation[]> {
  const found = await coordinator.getMany(treeRoots);
  return treeRoots
    .filter((_, index) => found[index] === undefined)
    .map((path): Operation => ({ kind: 'create', path, value: '{}' }));
}
