import type { Coordinator } from '../coordination/coordinator.js';
import { parseSound } from './entity.js';
import { type MachineState, readMachines } from './machines.js';
import { paths, serviceOfUnit } from './paths.js';
import { serviceSchema } from './service-schemas.js';

/** The choice of a machine rests on this. */
export interface MachineLoad {
  readonly name: string;
  readonly up: boolean;
  readonly cordoned: boolean;
  /** The version of the machine's node, as it was read. */
  readonly version: number;
  /** The units placed there, without subordinates, which nobody places: they go where their principals are. */
  readonly units: readonly string[];
}

/** Reads the machines that something can be placed on: those whose nodes can be read. */
export async function readLoads(coordinator: Coordinator): Promise<readonly MachineLoad[]> {
  const machines = (await readMachines(coordinator)).filter(({ isDamaged }) => isDamaged !== true);
  const subordinates = await subordinateServices(coordinator, machines);
  return machines.map(({ name, agent, machine, version, units }) => ({
    name,
    up: agent !== undefined,
    cordoned: machine.cordoned !== undefined,
    version,
    units: units.filter((unit) => !subordinates.has(serviceOfUnit(unit))),
  }));
}

async function subordinateServices(
  coordinator: Coordinator,
  machines: readonly MachineState[],
): Promise<ReadonlySet<string>> {
  const services = [...new Set(machines.flatMap(({ units }) => units.map(serviceOfUnit)))];
  const nodes = await coordinator.getMany(services.map(paths.service));
  return new Set(
    services.filter(
      (name, index) =>
        parseSound(paths.service(name), serviceSchema, nodes[index], [])?.value.subordinate === true,
    ),
  );
}

/**
 * Chooses a machine for each new unit, counting the ones placed before it. It goes to a machine that is not cordoned and
 * whose agent is up; where no agent is, to one that is down, since it will come back. Of those it takes one with the
 * fewest units of the unit's service, so that a machine that is lost takes as little of the service as can be; of those
 * the least loaded; then the first name.
 * @param services the service of each new unit
 * @returns a machine's name per unit, or null where there is none
 */
export function chooseMachines(
  machines: readonly MachineLoad[],
  services: readonly string[],
): readonly (string | null)[] {
  const open = machines.filter(({ cordoned }) => !cordoned);
  const up = open.filter((machine) => machine.up);
  const loads = (up.length > 0 ? up : open).map(loadOf);
  return services.map((service) => {
    const [first, ...others] = loads;
    if (first === undefined) return null;
    const chosen = others.reduce((best, load) => (compare(load, best, service) < 0 ? load : best), first);
    chosen.units += 1;
    chosen.own.set(service, ownOf(chosen, service) + 1);
    return chosen.name;
  });
}

interface Load {
  readonly name: string;
  units: number;
  /** By service. */
  readonly own: Map<string, number>;
}

function loadOf({ name, units }: MachineLoad): Load {
  const own = new Map<string, number>();
  for (const service of units.map(serviceOfUnit)) own.set(service, (own.get(service) ?? 0) + 1);
  return { name, units: units.length, own };
}

function ownOf({ own }: Load, service: string): number {
  return own.get(service) ?? 0;
}

function compare(a: Load, b: Load, service: string): number {
  return ownOf(a, service) - ownOf(b, service) || a.units - b.units || (a.name < b.name ? -1 : 1);
}
