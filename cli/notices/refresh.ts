import { Worker } from 'node:worker_threads';
import { knownNewer } from '../../control/newer/known-newer.js';
import type { NewerEntry } from '../../control/newer/newer-document.js';
import type { Session } from '../../control/session.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { layoutSchema } from '../../state/model/environment-schemas.js';
import { type Clock, pause } from '../../state/platform/clock.js';
import { endProcess } from '../../state/platform/end-process.js';
import { offersOf } from '../newer/offers.js';
import { LOOK_EVERY } from './due.js';
import { changeNotices, readNoticesOf } from './notices-file.js';
import { type KnownOffer, type NoticesOf, nothingKnown } from './record.js';

/** Milliseconds after which a look ends; with what it is given to end in order, that is a minute. */
export const LOOK_LIMIT = 55_000;
/** The part of it in which repositories have to answer. */
const ANSWER_PART = 0.75;

/** Milliseconds after the limit, for what was begun to be ended in order. */
const GRACE = 5_000;

/** Milliseconds between two tries to write, where a command is at the file. */
const WRITE_EVERY = 50;
const WRITE_TRIES = 100;

/**
 * Ends this process at its limit, whatever it waits for: in order, and, where it cannot even do that, by force from a
 * thread of its own.
 * @param limit milliseconds
 */
export function endAtLimit(limit: number, clock: Clock): void {
  clock.after(limit, () => endProcess(0));
  const code = `setTimeout(() => process.kill(${process.pid}, 'SIGKILL'), ${limit + GRACE})`;
  new Worker(code, { eval: true }).unref();
}

/** True if somebody else has looked a moment ago. */
export function isFresh(file: string, state: string, now: number): boolean {
  const checked = readNoticesOf(file, state)?.checked;
  return checked !== undefined && checked <= now && now - checked < LOOK_EVERY / 2;
}

/**
 * Looks for what is newer in the environment, and writes that into the file.
 * @param limit milliseconds that all of it may take
 */
export async function refresh(session: Session, file: string, limit: number, clock: Clock): Promise<void> {
  const layout = await readEntity(session.coordinator, paths.layout, layoutSchema);
  const patience = { ms: limit * ANSWER_PART, clock };
  const found = await knownNewer(session, [], { now: clock.now(), patience });
  const id = layout?.value.environment;
  await noteFound(file, session.environment.state, found, id, clock);
}

/** Writes what was found into the file, as soon as no command is at it. */
export async function noteFound(
  file: string,
  state: string,
  found: Readonly<Record<string, NewerEntry>>,
  id: string | undefined,
  clock: Clock,
): Promise<void> {
  for (let tries = 0; tries < WRITE_TRIES; tries += 1) {
    const now = clock.now();
    const isChanged = changeNotices(
      file,
      state,
      ({ entry, introduced }) => ({ entry: entryWith(entry, found, id, now), introduced }),
      now,
    );
    if (isChanged) return;
    await pause(clock, WRITE_EVERY);
  }
}

/**
 * The entry with what was found. A repository that could not be asked takes nothing back of what it said before; services
 * that are gone are forgotten, and all of them in an environment that was made anew.
 * @param id the environment's
 * @param isAll false where only these services were looked for
 */
export function entryWith(
  before: NoticesOf,
  found: Readonly<Record<string, NewerEntry>>,
  id: string | undefined,
  now: number,
  isAll = true,
): NoticesOf {
  const known = before.id === undefined || before.id === id ? before : nothingKnown;
  const offers = Object.entries(found).flatMap(([service, entry]) => {
    const earlier = known.offers[service];
    if (!entry.known) return earlier?.formula === entry.formula ? [[service, earlier] as const] : [];
    const worthTelling = knownOffers(entry);
    if (worthTelling.length === 0) return [];
    return [[service, { formula: entry.formula, offers: worthTelling }] as const];
  });
  const there = <T>(entries: Readonly<Record<string, T>>, isThere: boolean): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(entries).filter(([name]) => Object.hasOwn(found, name) === isThere));
  const checked = isAll ? now : known.checked;
  return {
    ...(id !== undefined && { id }),
    ...(before.begun !== undefined && { begun: before.begun }),
    ...(checked !== undefined && { checked }),
    offers: { ...(isAll ? {} : there(known.offers, false)), ...Object.fromEntries(offers) },
    told: isAll ? there(known.told, true) : known.told,
  };
}

/** What is worth telling of a service: what may be taken, and the highest that is urgent. */
export function knownOffers(entry: NewerEntry): KnownOffer[] {
  const offers = new Set(offersOf(entry).map(({ revision }) => revision));
  return entry.candidates.flatMap(({ revision, class: kind, urgent }) =>
    kind !== 'ineligible' && (offers.has(revision) || revision === entry.urgent)
      ? [{ revision, class: kind, urgent }]
      : [],
  );
}
