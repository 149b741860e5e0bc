import { EnsembleError } from '../../state/platform/errors.js';
import { forcedOut } from '../../state/model/tombstones.js';
import { isOfLife } from '../../state/model/incarnation.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { lifeOfDirectory, markDirectory, unitDirectory } from '../disk/unit-directory.js';
import { newRecord, type UnitRecord } from '../journal/record.js';
import type { AgentParts } from '../machine/parts.js';
import { untilItWorks } from '../contract/retry.js';
import { adoptLife, hasBegun } from '../tree/placed-lives.js';
import type { Life } from '../tree/watch-requests.js';

type LifeParts = Pick<AgentParts, 'clock' | 'coordinator' | 'directory' | 'log' | 'machine' | 'writer'>;

/**
 * True if the journal and the tree have one and the same life of a unit. The journal of an agent of release 0.1.0
 * does not say: it is the one that the tree knows, unless nobody has told of that one yet and it is installed here.
 */
export async function isSameLife(
  parts: Pick<AgentParts, 'coordinator'>,
  record: UnitRecord,
  life: Life,
): Promise<boolean> {
  if (isOfLife(record.incarnation, life)) return true;
  if (record.incarnation !== undefined || life.incarnation === undefined) return false;
  return record.formula === null || (await hasBegun(parts.coordinator, life.unit));
}

/**
 * The record by which a unit of the journal is taken up, where the tree has this life under its name: the same one goes
 * on, with an incarnation from now on; another one has taken its place.
 */
export async function takenUp(parts: LifeParts, record: UnitRecord, life: Life): Promise<UnitRecord> {
  if (!(await isSameLife(parts, record, life))) return evicted(parts, record, life);
  const incarnation = await incarnationOf(parts, life);
  if (incarnation === undefined || incarnation === record.incarnation) return record;
  return onItsDirectory(parts, { ...record, incarnation });
}

/** Has the unit's directory, where there is one, say that it is this life's. */
export function onItsDirectory(parts: Pick<AgentParts, 'directory'>, record: UnitRecord): UnitRecord {
  const directory = unitDirectory(parts.directory.units, record.unit);
  if (record.incarnation !== undefined && lifeOfDirectory(directory) !== undefined)
    markDirectory(directory, record.incarnation);
  return record;
}

/** The record of a unit that this machine was given. */
export async function begun(parts: LifeParts, life: Life): Promise<UnitRecord> {
  const now = new Date(parts.clock.now()).toISOString();
  return newRecord(life.unit, serviceOfUnit(life.unit), now, await incarnationOf(parts, life));
}

/** Turns the record of a unit whose name another life has in the tree: it stops, and its data is put aside. */
export async function evicted(parts: LifeParts, record: UnitRecord, life: Life): Promise<UnitRecord> {
  const { unit, incarnation } = record;
  parts.log.warning(
    `another unit has this name in the state tree by now, ${life.incarnation ?? 'of an older release'}; this one ` +
      'stops, and its data is put aside',
    { unit, incarnation },
  );
  // Only to be told; where it cannot be read, nothing waits for it.
  const by = await forcedOut(parts.coordinator, unit, incarnation).catch(() => undefined);
  const self = {
    by: `ensemble-agent on ${parts.machine}`,
    requestedAt: new Date(parts.clock.now()).toISOString(),
  };
  return { ...record, evicted: record.evicted ?? by ?? self };
}

/**
 * Who let go of a unit that the tree does not have here any more, which is said: an operator who removed this life by
 * force, or who accepted a state without it. Undefined where nobody did, or that is forgotten.
 */
export async function whoLetGo(
  {
    coordinator,
    clock,
    random,
    log,
    home,
  }: Pick<AgentParts, 'clock' | 'coordinator' | 'home' | 'log' | 'random'>,
  { unit, incarnation }: Pick<UnitRecord, 'unit' | 'incarnation'>,
  goesOn: () => boolean,
): Promise<UnitRecord['evicted']> {
  const disowner = home.disowned(unit);
  if (disowner !== undefined) {
    log.warning('the state that was accepted does not have the unit; it stops, and its data is put aside', {
      unit,
      incarnation,
    });
    return disowner;
  }
  const by = await untilItWorks(() => forcedOut(coordinator, unit, incarnation), {
    clock,
    random,
    mayHeal: (error) => error instanceof EnsembleError && goesOn(),
    failed: (error) => log.error('the history cannot be read', { unit, error }),
  });
  if (by !== undefined)
    log.warning(
      `${by.by} removed the unit by force while this agent was away; it stops, and its data is put aside`,
      { unit, incarnation },
    );
  return by;
}

/** A unit of release 0.1.0 gets an incarnation here. */
function incarnationOf(
  { coordinator, writer, machine, log }: LifeParts,
  { unit, incarnation }: Life,
): Promise<string | undefined> {
  if (incarnation !== undefined) return Promise.resolve(incarnation);
  return adoptLife(coordinator, writer, machine, unit).catch((error: unknown) => {
    log.warning('the unit of an older release gets no incarnation for now', { unit, error });
    return undefined;
  });
}
