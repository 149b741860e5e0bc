import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { ServiceDestroying, UnitNotFound } from '../../state/model/errors.js';
import { requireFeature } from '../../state/model/features.js';
import { recordOperations } from '../../state/model/history.js';
import { boundedLine } from '../../state/model/history-bounds.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import { type Hold, type HoldLevel, holdText, isSameHold, standingHolds } from '../../state/model/hold.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import { readHoldsNode } from '../../state/model/read-holds.js';
import type { Requester } from '../../state/model/requester.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import { HoldOfOthers, TooManyHolds } from './errors.js';

/** The wish for a hold. */
export interface HoldRequest {
  readonly level: HoldLevel;
  /** ISO instant; undefined: until somebody ends it. */
  readonly until: string | undefined;
  readonly reason: string;
}

/** The result of holding. */
export interface Held {
  readonly hold: Hold;
  /** The same holder's on the same thing, whose place it took. */
  readonly before: Hold | undefined;
}

/** Holds on one service and its units: some 60 KB, in a node that may have a megabyte. */
const MOST_HOLDS = 200;

/** Characters of a reason. */
const MOST_REASON = 200;

/**
 * Keeps a service, or a unit, from being upgraded. The same holder's hold on the same thing is replaced; its `since` stays.
 * It concerns what is asked for from now on, and is on the service's record.
 * @param what a service or a unit
 * @throws FeatureOff, ServiceNotFound, ServiceDestroying, UnitNotFound, TooManyHolds, NodeInvalid
 */
export async function holdUpgrade(
  coordinator: Coordinator,
  what: string,
  { level, until, reason }: HoldRequest,
  requester: Requester,
): Promise<Held> {
  await requireFeature(coordinator, 'holds');
  const unit = what.includes('/') ? what : undefined;
  const { by: holder, as, requestedAt: since } = requester;
  const wanted: Hold = {
    holder,
    ...(as !== undefined && { as }),
    ...(unit !== undefined && { unit }),
    since,
    ...(until !== undefined && { until }),
    level,
    reason: boundedLine(reason, MOST_REASON),
  };
  const asked = requestEntry(requester, {
    what: 'hold-upgrade',
    unit,
    message: `${level === 'auto' ? 'what goes by itself only, ' : ''}${until === undefined ? '' : `until ${until}: `}${wanted.reason}`,
  });
  return changeHolds(
    coordinator,
    what,
    () => asked,
    requester,
    (standing) => {
      const before = standing.find((hold) => isSameHold(hold, wanted));
      const others = standing.filter((hold) => hold !== before);
      // A service as a whole can always be held instead.
      if (unit !== undefined && others.length >= MOST_HOLDS)
        throw new TooManyHolds({ service: serviceOf(what), most: MOST_HOLDS });
      const hold = { ...wanted, since: before?.since ?? since };
      return { next: [...others, hold], result: { hold, before } };
    },
  );
}

/** The result of ending holds. */
export interface Unheld {
  readonly ended: readonly Hold[];
  /** The holds that are left; for a service, also those on units of it alone. */
  readonly left: readonly Hold[];
}

/**
 * Ends holds on a service as a whole, or on a unit alone: those whose holder is one of them. It is on the service's record.
 * @param isEnded which holders' holds end
 * @throws ServiceNotFound, UnitNotFound, NodeInvalid; HoldOfOthers where it is held and none of the holds ends
 */
export async function unholdUpgrade(
  coordinator: Coordinator,
  what: string,
  isEnded: (holder: string) => boolean,
  requester: Requester,
): Promise<Unheld> {
  const unit = what.includes('/') ? what : undefined;
  const asked = (ended: readonly Hold[]): HistoryEntry =>
    requestEntry(requester, { what: 'unhold-upgrade', unit, message: ended.map(holdText).join('; ') });
  let entry: HistoryEntry | undefined;
  let ended: readonly Hold[] = [];
  return changeHolds(
    coordinator,
    what,
    () => entry,
    requester,
    (standing) => {
      const here = standing.filter((hold) => hold.unit === unit);
      const ending = here.filter(({ holder }) => isEnded(holder));
      if (ending.length === 0 && ended.length === 0 && here.length > 0)
        throw new HoldOfOthers({ what, who: requester.by, holds: here });
      // A second try after a lost answer finds nothing to end any more.
      if (ending.length > 0) {
        ended = ending;
        entry ??= asked(ended);
      }
      const next = standing.filter((hold) => !ending.includes(hold));
      const left = next.filter((hold) => unit === undefined || hold.unit === undefined || hold.unit === unit);
      return { next, result: { ended, left } };
    },
  );
}

const serviceOf = (what: string): string => (what.includes('/') ? serviceOfUnit(what) : what);

/**
 * Writes the service's holds anew, by version and while this life of the service stands. What is over, or on units that are
 * gone, goes with it.
 */
async function changeHolds<Result>(
  coordinator: Coordinator,
  what: string,
  asked: () => HistoryEntry | undefined,
  { requestedAt }: Requester,
  change: (standing: readonly Hold[]) => { readonly next: readonly Hold[]; readonly result: Result },
): Promise<Result> {
  const service = serviceOf(what);
  return retryOnConflict(`holds of ${service}`, async () => {
    const [{ value, version }, node, units] = await Promise.all([
      requireService(coordinator, service),
      readHoldsNode(coordinator, service),
      unitsOfService(coordinator, service),
    ]);
    if (value.destroying) throw new ServiceDestroying({ service });
    if (what !== service && !units.includes(what)) throw new UnitNotFound({ unit: what });
    const there = new Set(units);
    const all = node?.value.holds ?? [];
    const standing = standingHolds(all, Date.parse(requestedAt)).filter(
      ({ unit }) => unit === undefined || there.has(unit),
    );
    const { next, result } = change(standing);
    if (next.length === all.length && next.every((hold) => all.includes(hold))) return result;
    await coordinator.transaction([
      { kind: 'check', path: paths.service(service), version },
      writtenHolds(service, node, next),
      ...(await recordOperations(coordinator, [service], asked())),
    ]);
    return result;
  });
}

/** Without any hold there is no node. */
function writtenHolds(
  service: string,
  node: Awaited<ReturnType<typeof readHoldsNode>>,
  holds: readonly Hold[],
): Operation {
  const path = paths.hold(service);
  if (node === undefined) return { kind: 'create', path, value: nodeValue({ holds }) };
  const { version } = node;
  if (holds.length === 0) return { kind: 'remove', path, version };
  return { kind: 'set', path, value: nodeValue({ ...node.value, holds }), version };
}
