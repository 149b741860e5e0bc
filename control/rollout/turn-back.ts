import type { Entity } from '../../state/model/entity.js';
import { newEntry } from '../../state/model/history-entry.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { passageOf } from '../../state/model/lockstep.js';
import { paths } from '../../state/model/paths.js';
import { type Rollout, readRollout, writeRollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { setFormula } from './set-formula.js';
import type { Performing } from './performing.js';
import { turnedBack } from './written.js';

/**
 * Has a rollout go back: the service is set to the formula of the last completed rollout, what it leaves is remembered as
 * bad, and the rollout leads there, all in one transaction.
 * @param asked goes on the service's record; by default that the rollout did so by itself
 * @throws VersionConflict where the rollout is another one meanwhile
 */
export async function turnBack(
  { coordinator, guard }: Performing,
  service: string,
  rollout: Entity<Rollout>,
  reason: string,
  now: number,
  by?: string,
  asked?: HistoryEntry,
): Promise<void> {
  const { to, revertTo } = rollout.value;
  const entry =
    asked ??
    newEntry({
      at: new Date(now).toISOString(),
      what: 'revert',
      outcome: 'done',
      message: `rollout goes back: ${reason}`,
    });
  await setFormula(
    coordinator,
    service,
    (current) => startingWith(serviceGoneBack(current, to, revertTo), rollout.value),
    entry,
    () => undefined,
    async () => {
      const standing = await readRollout(coordinator, service);
      // What was decided holds for the rollout as it was read.
      if (standing?.version !== rollout.version) throw new TurnedMeanwhile(paths.rollout(service));
      const next = turnedBack(rollout.value, reason, now, by);
      return [...(guard === undefined ? [] : [guard]), ...writeRollout(service, rollout, next)];
    },
  );
}

/** Where all go back together, a new unit begins with what the others run until they do. */
function startingWith(service: Service, rollout: Rollout): Service {
  return passageOf({ ...rollout, revert: true }) === undefined
    ? service
    : { ...service, startWith: rollout.to };
}

/** Ends the tries of `setFormula`, which would take a conflict for one of its own. */
export class TurnedMeanwhile extends Error {
  constructor(readonly path: string) {
    super(`${path} was written meanwhile`);
  }
}

/** A service that goes back from one formula to another, as far as it remembers those before. */
export function serviceGoneBack(current: Service, from: string, to: string): Service {
  const {
    formula: _formula,
    previous,
    earlier = [],
    bad = [],
    startWith: _startWith,
    forUnits: _forUnits,
    ...rest
  } = current;
  const before = [...(previous === undefined ? [] : [previous]), ...earlier];
  const [next, ...others] = before.slice(before.indexOf(to) + 1);
  const left = [...new Set([...bad, from])];
  return {
    ...rest,
    formula: to,
    ...(next !== undefined && next !== to && { previous: next, earlier: others }),
    bad: left.filter((id) => id !== to),
  };
}
