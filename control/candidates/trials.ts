import type { Coordinator } from '../../state/coordination/coordinator.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { Candidates, OpenCandidate } from '../../state/model/candidates.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { requireService } from '../../state/model/services.js';
import { UnitOfOtherService } from '../errors.js';
import { candidatesPath, readCandidates } from './known-candidates.js';
import { setOf } from './together.js';

/** What one service's units try of a change, or of what that needs. */
export interface Trial {
  readonly service: string;
  readonly units: readonly string[];
  /** `pr:22`, `branch:foo`. */
  readonly candidate: string;
}

/**
 * Divides units of several services among a change and what it needs, as the watcher knows it: units of a service try the
 * change that proposes its formula.
 * @param service the one that tries the change itself, whoever watches
 * @returns a trial for each service, each after those of what it needs, that of the change itself last
 * @throws UnitOfOtherService, ServiceNotFound
 */
export async function trialsOf(
  coordinator: Coordinator,
  service: string,
  candidate: string,
  units: readonly string[],
): Promise<readonly Trial[]> {
  const services = [...new Set(units.map(serviceOfUnit))].filter((name) => name !== service);
  const own = { service, candidate, units: units.filter((unit) => serviceOfUnit(unit) === service) };
  const [first = ''] = units;
  if (own.units.length === 0) throw new UnitOfOtherService({ unit: first, service });
  if (services.length === 0) return [own];
  const members = await neededBy(coordinator, service, candidate);
  const found = await Promise.all(
    services.map(async (name) => {
      const of = units.filter((unit) => serviceOfUnit(unit) === name);
      const source = await sourceOf(coordinator, name);
      // Where two of them propose the same, the one that comes later needs the other one.
      const at = members.findLastIndex(
        ({ formula, place }) => formula === source.formula && place === source.place,
      );
      const member = members[at];
      if (member === undefined)
        throw new UnitOfOtherService({ unit: of[0] ?? name, service, change: candidate });
      return { at, trial: { service: name, candidate: member.key, units: of } };
    }),
  );
  return [...found.toSorted((a, b) => a.at - b.at).map(({ trial }) => trial), own];
}

/** A candidate, and the place of the repository in which its change is. */
interface Member extends OpenCandidate {
  readonly place: string;
}

/** All that belongs to a change by what the watcher knows, each after what it needs. */
async function neededBy(coordinator: Coordinator, service: string, key: string): Promise<readonly Member[]> {
  const { formula, place } = await sourceOf(coordinator, service);
  const all = (await readCandidates(coordinator)).flatMap(membersIn);
  const change = all.find((each) => each.place === place && each.key === key && each.formula === formula);
  if (change === undefined) return [];
  return setOf(change.id, all).members;
}

function membersIn({ url, candidates }: Candidates): readonly Member[] {
  return candidates.map((each) => ({ ...each, place: candidatesPath(url) }));
}

async function sourceOf(
  coordinator: Coordinator,
  service: string,
): Promise<{ readonly formula: string; readonly place: string }> {
  const { value } = await requireService(coordinator, service);
  return { formula: parseFormulaId(value.formula).name, place: candidatesPath(value.repository.path) };
}
