import { candidateKeyOf } from '../../state/formula/candidate-mark.js';
import type { ServiceState } from '../../control/status/snapshot.js';
import { faultText } from '../../control/errors.js';
import type { Classified } from '../../control/newer/classify.js';
import { reasonText } from '../../control/newer/reasons.js';
import { namesOf } from '../../control/names-of.js';
import { printable } from '../../state/platform/printable.js';
import type { Misfits } from '../../control/upgrade/compatibility.js';
import type { UnitErrors } from '../../control/upgrade/unit-errors.js';
import type { UnitPlan } from '../../control/upgrade/unit-plan.js';

/**
 * Why no unit is flagged.
 * @param plan the units that went back from the target, or are held, and are the reason
 * @param isNewest no higher revision was passed over
 */
export function nothingToDo(
  { name, service }: Pick<ServiceState, 'name' | 'service'>,
  target: string,
  {
    revision,
    unit,
    candidate,
  }: { readonly revision?: number; readonly unit?: readonly string[]; readonly candidate?: string },
  { wentBack, held }: Pick<UnitPlan, 'wentBack' | 'held'>,
  isNewest = true,
): string {
  if (wentBack.length > 0 && candidate !== undefined)
    return `${namesOf(wentBack)} went back from ${target}: nothing was upgraded`;
  if (wentBack.length > 0)
    return `${name} is set to ${target}, but ${namesOf(wentBack)} went back from it: nothing was upgraded`;
  if (held.length > 0)
    return `${name} is set to ${target}, but ${namesOf(held.map((each) => each.unit))} ${held.length === 1 ? 'is' : 'are'} held: nothing was upgraded`;
  if (unit !== undefined) return `${namesOf(unit)} already ${unit.length === 1 ? 'runs' : 'run'} ${target}`;
  if (service.formula !== target) return `${name} is set to ${target}; it has no unit that has to change`;
  if (revision === undefined && isNewest && candidateKeyOf(target) !== undefined)
    return `${name} runs the candidate ${target}, and no release came of it yet`;
  return revision === undefined && isNewest
    ? `${name} already runs the newest formula, ${target}`
    : `${name} already runs ${target}`;
}

/** Why a revision is not taken that is higher than what is. */
export function passedOverLine(service: string, { revision, class: kind, reasons }: Classified): string {
  return `revision ${revision} is not taken for ${service}, as it is ${kind}: ${reasons.map(reasonText).join('; ')}`;
}

/** Tells what the new formula breaks of a service, and what it leaves unused. */
export function misfitLines({ relations, config }: Misfits, formula: string): readonly string[] {
  return [
    ...relations.map((fault) => `${formula} breaks ${faultText(fault)}`),
    ...config.map(
      ({ option, reason }) =>
        `what ${option} is set to is kept, but ${formula} does not use it: ${option} ${printable(reason)}`,
    ),
  ];
}

/** Tells how each unit fares that is to upgrade to `target` and in an error state. */
export function errorLines(
  errors: UnitErrors,
  target: string,
  service: string,
  force: boolean,
): readonly string[] {
  return [...errors].map(([unit, { state, upgrade }]) => {
    if (force) return `${unit} is in ${state}, and is upgraded all the same`;
    // To try what failed once more would run the hook that is broken.
    const other = state === 'upgrade-error' && upgrade !== undefined && upgrade.to !== target;
    const ways = other
      ? `ensemble upgrade-formula --force ${service}, or ensemble resolved ${unit}`
      : `ensemble resolved --retry ${unit}`;
    return `${unit} is in ${state}, so its upgrade waits until: ${ways}`;
  });
}

/** Which units are left behind, why, and how they follow. */
export function leftOutLines(
  { leftOut, wentBack, trying = [] }: UnitPlan,
  service: string,
): readonly string[] {
  const stay = (names: readonly string[]): string =>
    `${namesOf(names)} ${names.length === 1 ? 'stays' : 'stay'}`;
  const units = trying.join(' ');
  return [
    ...(leftOut.length === 0
      ? []
      : [`${stay(leftOut)} as before, until: ensemble upgrade-formula ${service}`]),
    ...(trying.length === 0
      ? []
      : [
          `${stay(trying)} on ${trying.length === 1 ? 'its candidate' : 'their candidates'}, until: ensemble revert-formula ${units}`,
        ]),
    ...(wentBack.length === 0
      ? []
      : [
          `${stay(wentBack)} as before, having gone back from it, until: ensemble upgrade-formula --force ${service}`,
        ]),
  ];
}
