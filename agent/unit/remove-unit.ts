import { rm } from 'node:fs/promises';
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
import { paths } from '../../state/model/paths.js';
import { removeUnit } from '../../state/model/removal.js';
import { unitSchema } from '../../state/model/schemas.js';
import { asideName, putAsideDirectory } from '../disk/put-aside.js';
import { betweenFaults } from '../fault-points.js';
import { untilItWorks } from '../retry.js';
import type { AgentUnit } from './unit.js';

/** The unit's history outlives it. The id is the same every time, so doing it again adds nothing. */
async function recordRemoval(unit: AgentUnit): Promise<void> {
  const { coordinator } = unit.parts;
  const path = paths.unitHistory(unit.name);
  const found = await coordinator.get(path);
  if (found === undefined) return;
  const [past, request] = await Promise.all([
    readUnitHistory(coordinator, unit.name),
    lastRequest(coordinator),
  ]);
  const { news = [], since } = unit.record();
  const removal = {
    at: unit.now(),
    what: 'remove',
    outcome: 'done',
    by: unit.requests().removal?.value.by,
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
export async function removeUnitHere(unit: AgentUnit): Promise<void> {
  const { clock, random, coordinator, journal, log, logs } = unit.parts;
  await untilItWorks(
    async () => {
      await disclaimFormula(unit);
      await logs.finish(unit.name);
      await betweenFaults('stopped.disk', () => clearAway(unit));
      await betweenFaults('stopped.tree', async () => {
        if (await isAnother(unit)) return;
        await recordRemoval(unit);
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

/** Whether the tree's unit is another one, which has the name after this one was taken out of the tree. */
async function isAnother(unit: AgentUnit): Promise<boolean> {
  const { name, parts } = unit;
  const found = await readEntity(parts.coordinator, paths.unit(name), unitSchema);
  if (found === undefined) return false;
  const { machine, incarnation } = found.value;
  return machine !== parts.machine || incarnation !== unit.record().incarnation;
}

/** Removes the unit's directory, or puts it aside under `removed/` where the operator asked to keep the data. */
async function clearAway(unit: AgentUnit): Promise<void> {
  const { root } = unit.directory;
  const { keepData, since, incarnation = '' } = unit.record();
  if (keepData === true) {
    const name = asideName(unit.name, incarnation, Date.parse(since));
    const kept = await putAsideDirectory(unit.parts.directory, root, name);
    unit.parts.log.info(`its directory is kept: ${kept}`, { unit: unit.name });
  }
  await rm(root, { recursive: true, force: true });
}

/** Has the tree say that the unit runs no formula any more. */
async function disclaimFormula(unit: AgentUnit): Promise<void> {
  await unit.report.known();
  const facts = unit.report.facts();
  if (facts === undefined) return;
  // It may have been removed from the tree already, before this was begun again.
  await unlessGone(() =>
    unit.report.mirror.include(facts, (operations) => unit.parts.writer.write(operations)),
  );
}
