import { goalOf, type Rollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';

/**
 * The formula, by its id, that a service's way back leads to once it is set to another one: that of the last rollout which was
 * completed. What failed, was aborted or was never promoted is none to go back to, and neither is what single units
 * were set to.
 * @param standing the service's rollout; none of a service that was only deployed, or that an older release upgraded
 */
export function lastCompleted(
  { formula, previous, forUnits }: Pick<Service, 'formula' | 'previous' | 'forUnits'>,
  standing: Rollout | undefined,
): string {
  if (standing !== undefined && standing.clone === undefined && goalOf(standing) === formula)
    return standing.state === 'done' || standing.revert === true ? formula : standing.revertTo;
  return forUnits === true && previous !== undefined ? previous : formula;
}

/**
 * What a service remembers of the formulas before, once it is set to another one.
 * @param completed as `lastCompleted` says
 */
export function rememberedBefore(
  { formula, previous, earlier = [] }: Pick<Service, 'formula' | 'previous' | 'earlier'>,
  completed: string,
): Required<Pick<Service, 'previous' | 'earlier'>> {
  const known = [formula, ...(previous === undefined ? [] : [previous]), ...earlier];
  const others = known.slice(known.indexOf(completed) + 1).filter((id) => id !== completed);
  return { previous: completed, earlier: known.includes(completed) ? others.slice(0, 1) : [] };
}
