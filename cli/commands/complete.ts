import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { environmentNames } from '../../state/environments/environments-file.js';
import { openRepository } from '../../state/formula/repositories/open.js';
import { parseSound } from '../../state/model/entity.js';
import { readFormulaRecord } from '../../state/model/formulas.js';
import { readMachines } from '../../state/model/machines.js';
import { servicesWithHistory } from '../../state/model/history.js';
import { readHolds } from '../../state/model/read-holds.js';
import { heldNames } from '../../control/hold/errors.js';
import { paths, serviceOfUnit, unitOfNode } from '../../state/model/paths.js';
import { readHistory } from '../../control/history/read-history.js';
import { statusSchema } from '../../state/model/unit-schemas.js';
import { requireService } from '../../state/model/services.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { readCandidates } from '../../control/candidates/known-candidates.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withUncheckedSession } from '../invocation/session.js';
import { ownVariables } from '../../state/platform/variables.js';

/** Milliseconds: nobody waits longer for a completion. */
const PATIENCE = 1_500;

/** Prints the names there are of a kind. Where they cannot be had, there are none: a shell shows no errors. */
export async function complete(
  kind: string,
  words: readonly string[],
  invocation: Invocation,
): Promise<ExitCode> {
  const late = sleep(PATIENCE, [], { ref: false });
  const names = await Promise.race([namesOf(kind, words, invocation).catch(() => []), late]);
  if (names.length > 0) invocation.output.data(names.join('\n'));
  return 0;
}

async function namesOf(
  kind: string,
  words: readonly string[],
  invocation: Invocation,
): Promise<readonly string[]> {
  if (kind === 'environments') return environmentNames();
  if (kind === 'formulas') return (await openRepository(ownVariables().ENSEMBLE_REPOSITORY || '.')).formulas;
  return withUncheckedSession(invocation, async ({ coordinator }) => list(kind, words, coordinator));
}

async function list(
  kind: string,
  [first = '']: readonly string[],
  coordinator: Coordinator,
): Promise<readonly string[]> {
  switch (kind) {
    case 'services':
      return (await coordinator.children(paths.services)) ?? [];
    case 'units':
      return ((await coordinator.children(paths.units)) ?? []).map(unitOfNode);
    case 'services-and-units': {
      const [services, units] = await Promise.all([
        list('services', [], coordinator),
        list('units', [], coordinator),
      ]);
      return [...services, ...units];
    }
    case 'failed':
      return failed(coordinator);
    case 'options':
      return optionsOfService(coordinator, first);
    case 'settings':
      return (await optionsOfService(coordinator, first)).map((option) => `${option}=`);
    case 'recorded':
      return recordedNames(coordinator);
    case 'persons':
      return personsOnRecord(coordinator);
    case 'machines':
      return (await coordinator.children(paths.machines)) ?? [];
    case 'candidates':
      return openChanges(coordinator);
    case 'held':
      return heldNow(coordinator);
    case 'cordoned-machines':
      return cordonedMachines(coordinator);
    default:
      return [];
  }
}

async function cordonedMachines(coordinator: Coordinator): Promise<readonly string[]> {
  const machines = await readMachines(coordinator);
  return machines.filter(({ machine }) => machine.cordoned !== undefined).map(({ name }) => name);
}

/** The changes that the watcher knows to be open. */
async function openChanges(coordinator: Coordinator): Promise<readonly string[]> {
  const all = await readCandidates(coordinator);
  return [...new Set(all.flatMap(({ candidates }) => candidates.map(({ key }) => key)))].sort();
}

/** Services and units that somebody holds. */
async function heldNow(coordinator: Coordinator): Promise<readonly string[]> {
  const services = (await coordinator.children(paths.services)) ?? [];
  const now = systemClock.now();
  const held = await Promise.all(
    services.map(async (service) => heldNames(service, await readHolds(coordinator, service, now))),
  );
  return held.flat();
}

async function recordedNames(coordinator: Coordinator): Promise<readonly string[]> {
  const services = await servicesWithHistory(coordinator);
  const units = await Promise.all(services.map((name) => coordinator.children(paths.serviceHistory(name))));
  return [...services, ...units.flatMap((nodes) => (nodes ?? []).map(unitOfNode))];
}

async function personsOnRecord(coordinator: Coordinator): Promise<readonly string[]> {
  const { entries } = await readHistory({ coordinator }, { now: systemClock.now() }, []);
  return [...new Set(entries.flatMap(({ by }) => by ?? []))].filter((name) => /^[\w.@-]+$/.test(name)).sort();
}

/** Services with something in error, and the units it is. */
async function failed(coordinator: Coordinator): Promise<readonly string[]> {
  const units = ((await coordinator.children(paths.units)) ?? []).map(unitOfNode);
  const nodes = await coordinator.getMany(units.map(paths.status));
  const inError = units.filter((name, index) => {
    const status = parseSound(paths.status(name), statusSchema, nodes[index], []);
    const { state = '', relations = {} } = status?.value ?? {};
    return isErrorState(state) || Object.values(relations).some((relation) => relation.state === 'error');
  });
  return [...new Set(inError.map(serviceOfUnit)), ...inError];
}

async function optionsOfService(coordinator: Coordinator, name: string): Promise<readonly string[]> {
  const { value: service } = await requireService(coordinator, name);
  const record = await readFormulaRecord(coordinator, service.formula);
  return Object.keys(record?.config ?? {});
}
