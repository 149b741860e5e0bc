import { absenceFields, wayBack } from '../../state/model/absence.js';
import { standingHolds } from '../../state/model/hold.js';
import type { Machine } from '../../state/model/machine-schemas.js';
import type { MachineState } from '../../state/model/machines.js';
import type { Newer } from '../../state/model/newer.js';
import type { Service } from '../../state/model/service-schemas.js';
import { unmadeBatches } from '../../state/model/unit-batches.js';
import { systemClock } from '../../state/platform/clock.js';
import { keptEntry } from './kept-entry.js';
import { relatedServices, relationEntry } from './relation-entries.js';
import { rolloutEntry } from './rollout-entry.js';
import type { ServiceState, Snapshot } from './snapshot.js';
import type {
  MachineEntry,
  NewerKnown,
  ServiceEntry,
  StatusDocument,
  UnmadeEntry,
} from './status-document.js';
import { holdsField, type Surroundings, unitEntry } from './unit-entry.js';

/**
 * Makes the document of what was read of an environment.
 * @param choice the options, with a space in front, by which an agent goes to the environment
 * @param now milliseconds since 1970: holds that are over by then are left out
 */
export function statusDocument(
  environment: string,
  snapshot: Snapshot,
  choice = '',
  now: number = systemClock.now(),
): StatusDocument {
  const { machines, closed, services, required, candidates, problems } = snapshot;
  const beside = subordinatesByPrincipal(services);
  const relations = services.flatMap((service) => service.relations);
  const up = new Set(machines.filter(({ agent }) => agent !== undefined).map(({ name }) => name));
  return {
    environment,
    machines: Object.fromEntries(machines.map((machine) => [machine.name, machineEntry(machine, choice)])),
    services: Object.fromEntries(
      services.map((service) => [
        service.name,
        serviceEntry(service, Object.keys(required.get(service.service.formula) ?? {}), {
          up,
          beside,
          closed,
          candidates,
          holds: standingHolds(service.holds, now),
        }),
      ]),
    ),
    relations: Object.fromEntries(
      relations
        .sort((a, b) => Number(a.number) - Number(b.number))
        .map((each) => [each.number, relationEntry(each)]),
    ),
    ...(problems.length > 0 && { problems }),
  };
}

function subordinatesByPrincipal(services: readonly ServiceState[]): ReadonlyMap<string, readonly string[]> {
  const beside = new Map<string, readonly string[]>();
  for (const { name, unit } of services.flatMap(({ units }) => units)) {
    const { principal } = unit;
    if (principal !== undefined) beside.set(principal, [...(beside.get(principal) ?? []), name]);
  }
  return beside;
}

function machineEntry(
  { name, agent, absence, machine, units, isDamaged }: MachineState,
  choice: string,
): MachineEntry {
  return {
    agent: agent === undefined ? 'down' : 'up',
    hostname: machine.hostname,
    version: agent?.version ?? null,
    ...(machine.noAddress === true && { noAddress: true }),
    units: units.length,
    ...(machine.cordoned !== undefined && { cordoned: machine.cordoned }),
    ...keptFacts(machine),
    ...absenceFields(absence),
    ...(agent === undefined && isDamaged !== true && { start: wayBack(name, machine, choice, absence) }),
  };
}

function keptFacts(machine: Machine): Pick<MachineEntry, 'kept' | 'free'> {
  const kept = keptEntry(machine);
  if (kept === undefined) return {};
  const free = machine.disk?.free;
  return { kept, ...(free !== undefined && kept.bytes > free && { free }) };
}

function serviceEntry(
  { name, service, exposed, rollout, outlook, newer, units, relations }: ServiceState,
  required: readonly string[],
  around: Surroundings,
): ServiceEntry {
  const related = relatedServices(name, relations);
  const missing = required.filter((relation) => related[relation] === undefined);
  const entry = rolloutEntry(name, rollout, units, outlook);
  return {
    formula: service.formula,
    repository: service.repository.path,
    exposed,
    ...(service.destroying && { destroying: true }),
    ...(service.subordinate && { subordinate: true }),
    relations: related,
    ...(missing.length > 0 && { missingRelations: missing }),
    ...holdsField(around.holds.filter(({ unit }) => unit === undefined)),
    ...unmadeField(name, service),
    ...(entry !== undefined && { rollout: entry }),
    ...newerField(newer),
    units: Object.fromEntries(
      units.map((unit) => [unit.name, unitEntry(unit, { name, formula: service.formula }, around)]),
    ),
  };
}

function newerField(found: Newer | undefined): { readonly newer?: NewerKnown } {
  if (found === undefined) return {};
  const { eligible, questionable, urgent } = found;
  return (eligible ?? questionable ?? urgent) === null ? {} : { newer: { eligible, questionable, urgent } };
}

function unmadeField(name: string, service: Service): { readonly unmade?: UnmadeEntry } {
  const batches = unmadeBatches(service);
  const units = batches.reduce((sum, { units: all, made }) => sum + all - made, 0);
  if (units === 0 || service.destroying === true) return {};
  const machines = [...new Set(batches.flatMap(({ machine }) => machine ?? []))];
  const next = `ensemble add-unit --rest ${name}`;
  return { unmade: { units, ...(machines.length > 0 && { machines }), next } };
}
