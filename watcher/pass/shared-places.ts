import type { IndexJudge } from '../../state/formula/repositories/index-judge.js';
import { SignatureMismatch, SignatureMissing } from '../../state/formula/trust/errors.js';
import type { WatchedPlace } from '../polling/poller.js';
import type { EnvironmentPass } from './environment-pass.js';

/** An environment whose services were read. */
export interface Observed {
  readonly environment: EnvironmentPass;
  /** The places that they came from, with how each is spelled. */
  readonly places: ReadonlyMap<string, string>;
}

/** A repository, and the environments with services from there. */
export interface Shared extends WatchedPlace {
  readonly environments: readonly EnvironmentPass[];
}

/** Resolves with why it is not believed. */
type EnvironmentJudge = NonNullable<ReturnType<EnvironmentPass['judgeOf']>>;

/** The repositories of all environments, each once. */
export function sharedPlaces(all: readonly Observed[]): readonly Shared[] {
  const found = new Map<string, { readonly location: string; readonly environments: EnvironmentPass[] }>();
  for (const { environment, places } of all)
    for (const [place, location] of places) {
      const known = found.get(place) ?? { location, environments: [] };
      known.environments.push(environment);
      found.set(place, known);
    }
  return [...found].map(([place, { location, environments }]) => ({
    place,
    location,
    environments,
    judge: together(environments.flatMap((each) => each.judgeOf(place) ?? [])),
  }));
}

/**
 * The judges of all environments as one. An index and its signature that do not fit are asked for once more, as one may have
 * been replaced before the other; else who does not believe an index keeps it from nobody but itself.
 */
function together(judges: readonly EnvironmentJudge[]): IndexJudge | undefined {
  if (judges.length === 0) return undefined;
  let isAgain = false;
  return async (index) => {
    const refusals = await Promise.all(judges.map((judge) => judge(index)));
    const worth = refusals.find(
      (each) => each instanceof SignatureMismatch || each instanceof SignatureMissing,
    );
    if (worth === undefined || isAgain) return;
    isAgain = true;
    throw worth;
  };
}
