import type { Coordinator } from '../../state/coordination/coordinator.js';
import { candidateOf, plainRepository } from '../../state/formula/candidate-mark.js';
import { configOptionsSchema } from '../../state/formula/config-options.js';
import { type FormulaId, parseFormulaId } from '../../state/formula/formula-id.js';
import { parseSound } from '../../state/model/entity.js';
import { NodeInvalid } from '../../state/model/errors.js';
import { metadataOf, requireFormulaRecord } from '../../state/model/formulas.js';
import { paths } from '../../state/model/paths.js';
import { relationsOfService } from '../../state/model/relations.js';
import { agentSchema } from '../../state/model/machine-schemas.js';
import type { Service } from '../../state/model/service-schemas.js';
import { readConfigValues, unitsOfService } from '../../state/model/services.js';
import { readUnits } from '../../state/model/units.js';
import type { Facts, Revision } from './classify.js';

/** The facts that `classify` needs besides a repository's offers. */
export interface Standing {
  /** Of what it runs. */
  readonly id: FormulaId;
  readonly deployed: Revision;
  readonly facts: Facts;
}

/**
 * Reads what is known of a service: what it runs, how it is used, and by which agents it is hosted.
 * @throws FormulaNotPublished, NodeInvalid, FormulaIdInvalid
 */
export async function readStanding(
  coordinator: Coordinator,
  name: string,
  service: Service,
): Promise<Standing> {
  const id = parseFormulaId(service.formula);
  const [deployed, relations, values, agents] = await Promise.all([
    readRevision(coordinator, service.formula, id),
    relationsOfService(coordinator, name),
    readConfigValues(coordinator, name),
    readAgents(coordinator, name),
  ]);
  const bad = (service.bad ?? [])
    .map(parseFormulaId)
    .filter((each) => each.name === id.name && each.repository === plainRepository(id))
    .map(({ revision }) => revision);
  const subordinate = service.subordinate ?? false;
  return { id, deployed, facts: { service: name, relations, values, agents, bad, subordinate } };
}

/** A published revision as `classify` takes it. @throws FormulaNotPublished, NodeInvalid */
export async function readRevision(
  coordinator: Coordinator,
  formula: string,
  id: FormulaId,
): Promise<Revision> {
  const record = await requireFormulaRecord(coordinator, formula);
  const config = configOptionsSchema.safeParse(record.config);
  if (!config.success)
    throw new NodeInvalid({ path: paths.formula(formula), field: 'config', reason: 'it cannot be read' });
  return {
    revision: id.revision,
    ...(candidateOf(id) !== undefined && { isCandidate: true }),
    metadata: metadataOf(formula, record),
    config: config.data,
    hooks: record.hooks,
  };
}

/** The agents of the machines that host units of the service. One that stopped is away, but its version still stands. */
async function readAgents(coordinator: Coordinator, service: string): Promise<Facts['agents']> {
  const units = await readUnits(coordinator, await unitsOfService(coordinator, service), []);
  const machines = [...new Set(units.flatMap(({ unit }) => unit.machine ?? []))].sort();
  const nodes = await coordinator.getMany(machines.map(paths.agent));
  return machines.map((machine, index) => ({
    machine,
    version: parseSound(paths.agent(machine), agentSchema, nodes[index], [])?.value.version,
  }));
}
