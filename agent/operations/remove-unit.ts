import type { LeftRunning } from '../../hooks/process/left-running.js';
import { unlessGone } from '../../state/coordination/unless-gone.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import {
  afterRequest,
  lastRequest,
  pruneHistory,
  readUnitHistory,
  unitHistoryWith,
} from '../../state/model/history.js';
import { newEntry, ofLife } from '../../state/model/history-entry.js';
import { isOfLife } from '../../state/model/incarnation.js';
import type { KeptUnit } from '../../state/model/kept.js';
import { paths } from '../../state/model/paths.js';
import type { UnitRequests } from '../../state/model/requests.js';
import { removeUnit } from '../../state/model/removal.js';
import { unitSchema } from '../../state/model/unit-schemas.js';
import { forgetBuried } from '../../state/model/tombstones.js';
import { hasContent, lifeOfDirectory } from '../disk/unit-directory.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { UnitRecord } from '../journal/record.js';
import { untilItWorks } from '../contract/retry.js';
import type { HealingUnit } from './prepare-upgrade.js';
import { MOST_NAMED, nameLeftRunning, sayLeftRunning } from './left-running.js';
import type { Uses } from '../machine/parts.js';
import type { UnitReport } from '../report/unit-report.js';
import type { RecordedUnit } from './recorded-unit.js';
import type { UnitWithLog } from './say-in-log.js';
import { withdrawAsk } from '../postpone/related-asks.js';

/** A unit that is removed. */
export type RemovedUnit = Pick<RecordedUnit, 'name' | 'record'> &
  HealingUnit &
  UnitWithLog &
  Uses<'coordinator' | 'journal' | 'kept' | 'machine' | 'writer'> & {
    readonly report: Pick<UnitReport, 'facts' | 'known' | 'mirror'>;
    requests(): Pick<UnitRequests, 'removal'>;
    /** True if this agent has let go of the unit. */
    isStopped(): boolean;
    now(): string;
  };

/** The unit's history outlives it. The id is the same every time, so doing it again adds nothing. */
async function recordRemoval(
  unit: RemovedUnit,
  kept: KeptUnit | undefined,
  left: readonly LeftRunning[],
): Promise<void> {
  const { coordinator } = unit.parts;
  const path = paths.unitHistory(unit.name);
  const found = await coordinator.get(path);
  if (found === undefined) return;
  const [past, request] = await Promise.all([
    readUnitHistory(coordinator, unit.name),
    lastRequest(coordinator),
  ]);
  const { news = [], since } = unit.record();
  const details = {
    ...(left.length > 0 && {
      leftRunning: left.slice(0, MOST_NAMED).map(({ pid, command }) => ({ pid, command })),
    }),
    ...(kept !== undefined && { kept: { directory: kept.directory, until: kept.until } }),
  };
  const words = [...(left.length > 0 ? [sayLeftRunning(left)] : []), ...(kept ? [sayKept(kept)] : [])];
  const removal = {
    at: unit.now(),
    what: 'remove',
    outcome: 'done',
    by: unit.requests().removal?.value.by,
    ...(words.length > 0 && { message: words.join('; '), details }),
  } as const;
  const last = { ...ofLife(newEntry(removal), unit.record()), id: `removed ${since}` };
  const told = [...news, last].map((entry) => afterRequest(entry, request));
  const value = nodeValue({ entries: unitHistoryWith(past, told) });
  await coordinator.set(path, value, found.version);
}

/**
 * Removes a stopped unit from the tree and from this machine. The journal goes last: until then a restart finds out
 * that this is under way and does it again. The directory goes before the tree, which would have nobody to ask again;
 * but only when the tree no longer says that the unit runs what is in it.
 */
export async function removeUnitHere(unit: RemovedUnit): Promise<void> {
  const { clock, random, coordinator, journal, log, logs } = unit.parts;
  let left: readonly LeftRunning[] | undefined;
  await untilItWorks(
    async () => {
      await disclaimFormula(unit);
      // Before its log goes, and its directory, by which its processes are found.
      left ??= await nameLeftRunning(unit);
      await logs.finish(unit.name);
      const kept = await betweenFaults('stopped.disk', () => clearAway(unit));
      await betweenFaults('stopped.tree', async () => {
        await forgetTombstone(unit);
        if (await isAnother(unit)) return;
        await recordRemoval(unit, kept, left ?? []);
        await takeBackAsks(unit);
        await removeUnit(coordinator, unit.name, undefined, unit.record());
        await pruneHistory(coordinator, unit.record().service);
      });
    },
    { clock, random, mayHeal: () => !unit.isStopped(), failed: (error) => unit.troubledBy(error) },
  );
  unit.report.mirror.close();
  await betweenFaults('stopped.journal', () => journal.remove(unit.name));
  log.info('removed', { unit: unit.name });
}

/** Removes what the unit asked related units, and what it answered them: each stands under the other's node. */
async function takeBackAsks(unit: RemovedUnit): Promise<void> {
  const { asks, asked = {}, incarnation } = unit.record();
  const { coordinator, writer } = unit.parts;
  for (const related of Object.keys(asks?.units ?? {}))
    await unlessGone(() => writer.write(() => withdrawAsk(coordinator, unit.name, related, incarnation)));
  for (const [asking, { incarnation: life }] of Object.entries(asked))
    await unlessGone(() => writer.write(() => withdrawAsk(coordinator, asking, unit.name, life)));
}

/** A unit that was removed by force is through with what its tombstone asks. */
async function forgetTombstone(unit: RemovedUnit): Promise<void> {
  const { evicted, incarnation } = unit.record();
  if (evicted !== undefined) await forgetBuried(unit.parts.coordinator, unit.name, incarnation);
}

/** True if the tree's unit is another one, which got the name after this one was taken out of the tree. */
async function isAnother(unit: RemovedUnit): Promise<boolean> {
  const { name, parts } = unit;
  const found = await readEntity(parts.coordinator, paths.unit(name), unitSchema);
  if (found === undefined) return false;
  return found.value.machine !== parts.machine || !isOfLife(unit.record().incarnation, found.value);
}

/**
 * Decides if the unit's data is kept. It is journalled as soon as the unit is on its way out: after a restart the
 * request may not have been read again yet. Data that was to be kept stays so, except by `--purge`, which the request
 * says only of the very unit that was named; other releases leave out what was said before.
 */
export function fateOfData(
  unit: Pick<RemovedUnit, 'record' | 'requests'>,
): Pick<UnitRecord, 'keepData' | 'purge'> {
  const record = unit.record();
  const request = unit.requests().removal?.value;
  const { keepData, purge } = request ?? record;
  const isKept =
    (keepData === true && request?.forOlderAgent !== true) || (record.keepData === true && purge !== true);
  return { keepData: isKept || undefined, purge: (purge === true && !isKept) || undefined };
}

/**
 * Puts the unit's directory aside, or removes it where the operator wants that, or the environment keeps nothing. May be
 * asked for anew meanwhile: where there is no room to note what is put aside, `--purge` is the way out.
 */
async function clearAway(unit: RemovedUnit): Promise<KeptUnit | undefined> {
  const { kept, log } = unit.parts;
  const { root } = unit.directory;
  const { since, formula, incarnation = '' } = unit.record();
  const { keepData = false, purge = false } = fateOfData(unit);
  const life = lifeOfDirectory(unit.directory) ?? '';
  const isOwn = life === '' || life === incarnation;
  const leaving = {
    unit: unit.name,
    incarnation: isOwn ? incarnation : life,
    at: Date.parse(since),
    forGood: keepData || !isOwn,
  };
  // There is nothing to keep of a unit that was never installed.
  const isEmpty = formula === null && !keepData && !hasContent(unit.directory.data);
  if (isOwn && (purge || isEmpty || !(keepData || kept.keeps()))) {
    await kept.discard(root, leaving);
    return undefined;
  }
  const held = await kept.putAside(root, leaving);
  if (held !== undefined) log.info(sayKept(held), { unit: unit.name });
  return held;
}

function sayKept({ directory, until }: KeptUnit): string {
  return `its directory is kept: ${directory}${until === undefined ? '' : `, until ${until}`}`;
}

/** Has the tree say that the unit runs no formula any more. */
async function disclaimFormula(unit: RemovedUnit): Promise<void> {
  await unit.report.known();
  const facts = unit.report.facts();
  if (facts === undefined) return;
  // It may have been removed from the tree already, before this was begun again.
  await unlessGone(() =>
    unit.report.mirror.include(facts, (operations) => unit.parts.writer.write(operations)),
  );
}
