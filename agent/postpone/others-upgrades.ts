import { isDeepStrictEqual } from 'node:util';
import type {
  PendingUpgrade,
  PendingUpgradeFacts,
  UpgradeWord,
} from '../../hooks/context/pending-upgrade.js';
import { ToolUsageError } from '../../hooks/errors.js';
import { hasHook } from '../../hooks/process/has-hook.js';
import type { Observation, Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { nodeValue } from '../../state/model/entity.js';
import { checkLife } from '../../state/model/incarnation.js';
import { compareUnits, paths } from '../../state/model/paths.js';
import type { RelatedWord } from '../../state/model/related-upgrade.js';
import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { shortened } from '../contract/shortened.js';
import type { UnitDirectory } from '../disk/unit-directory.js';
import type { UnitRecord } from '../journal/record.js';
import { untoldHold } from '../journal/untold-history.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { Uses } from '../machine/parts.js';
import { MOST_REASON, type OwnHold, reasonOf, UPGRADE_PENDING } from './own-word.js';

/** A unit that is asked about the upgrades of units that it is related to. */
interface RelatedUnit extends Uses<'clock' | 'coordinator' | 'log' | 'writer'> {
  readonly name: string;
  readonly directory: UnitDirectory;
  record(): UnitRecord;
  /** The record as the disk has it. */
  written(): UnitRecord;
  save(change: Partial<UnitRecord>): Promise<void>;
  requests(): UnitRequests;
  relationRecords(): readonly RelationRecord[];
  isStopped(): boolean;
  now(): string;
}

/** Milliseconds after which what could not be told is told again. */
const LOOK_AGAIN = 5_000;

type Asked = NonNullable<UnitRecord['asked']>[string];

/** The upgrade of a related unit that a run of the hook is about. */
export type About = NonNullable<NonNullable<UnitRecord['hook']>['about']>;

/**
 * What a unit's formula says to the upgrades of units that it is related to. What it was asked and what it said is in the
 * journal; the unit that is to be upgraded is told by a node under it, which follows the journal.
 */
export class OthersUpgrades {
  readonly #unit: RelatedUnit;
  /** What was told last, by the units that are to be upgraded; the observation is of the node that tells it. */
  readonly #told = new Map<string, { readonly word: string; readonly observation: Observation }>();
  readonly #telling = new Set<string>();

  constructor(unit: RelatedUnit) {
    this.#unit = unit;
  }

  /** Told whenever something may have changed: takes up what is asked, forgets what is over, and tells what was said. */
  look(): void {
    const unit = this.#unit;
    const requests = unit.requests();
    if (unit.isStopped() || requests === noRequests || unit.record().evicted !== undefined) return;
    const before = unit.record().asked ?? {};
    const asked: Record<string, Asked> = {};
    for (const [name, ask] of requests.asks) {
      const known = before[name];
      if (ask === null) {
        if (known !== undefined) asked[name] = known;
        continue;
      }
      const { id, from, to, class: kind, urgent, deadline, relation, incarnation } = ask;
      const fresh = { id, from, to, class: kind, urgent, deadline, relation };
      const entry =
        known?.id === id ? known : { ...fresh, ...(incarnation !== undefined && { incarnation }) };
      const isSilent = entry.askedAt === undefined && this.#cannotAnswer(name);
      asked[name] = isSilent ? { ...entry, askedAt: unit.now() } : entry;
    }
    // Not awaited: it is done again, to the same end, where it gets lost.
    if (!isDeepStrictEqual(asked, before)) unit.save({ asked }).catch(() => undefined);
    for (const name of this.#told.keys()) if (asked[name] === undefined) this.#forget(name);
    for (const [name, entry] of Object.entries(unit.written().asked ?? {}))
      if (asked[name]?.id === entry.id) this.#tell(name, entry);
  }

  /** About which the formula is to be asked next, by its hook. */
  due(): About | undefined {
    const { asked = {}, evicted } = this.#unit.record();
    if (evicted !== undefined) return undefined;
    const [unit] = Object.keys(asked)
      .filter((name) => asked[name]?.askedAt === undefined)
      .sort(compareUnits);
    const ask = unit === undefined ? undefined : asked[unit]?.id;
    return unit === undefined || ask === undefined ? undefined : { unit, ask };
  }

  /** What the hook is told; undefined where it is not asked about that unit any more. */
  pending(about: string): PendingUpgrade | undefined {
    const asked = this.#of(about);
    if (asked === undefined) return undefined;
    const { from, to, class: kind, urgent, deadline } = asked;
    return { unit: about, relation: this.#relation(asked), from, to, class: kind, urgent, deadline };
  }

  /** The change of the record by which the hook has ended. One that failed holds for as long as it may, whatever it said. */
  ended({ unit: about, ask }: About, failure: string | undefined): Partial<UnitRecord> {
    const asked = this.#of(about);
    // Another upgrade may be wanted of that unit by now: about that one it is asked anew.
    if (asked === undefined || asked.id !== ask) return {};
    const { log } = this.#unit.parts;
    const now = this.#unit.now();
    const isHeld = failure !== undefined && asked.deadline > now;
    if (failure !== undefined)
      log.warning(
        isHeld
          ? `the upgrade of ${about} to ${asked.to} is held until ${asked.deadline}: ${failure}`
          : `${failure}; the upgrade of ${about} goes on, as its related units have held it for as long as they may`,
        { unit: this.#unit.name },
      );
    const hold: OwnHold | null | undefined = isHeld
      ? { since: now, until: asked.deadline, failure: shortened(failure) }
      : asked.hold;
    const held = hold && isHeld ? this.#news(about, asked, hold) : {};
    return { ...this.#with(about, { ...asked, askedAt: now, ...(hold !== undefined && { hold }) }), ...held };
  }

  /** The word on the upgrade of a related unit. */
  word(about: string): UpgradeWord {
    return {
      facts: () => this.#facts(about),
      hold: (ms, reason) => this.#hold(about, ms, reason),
      proceed: async () => {
        const asked = this.#of(about);
        if (asked?.hold) await this.#unit.save(this.#with(about, { ...asked, hold: null }));
      },
    };
  }

  /** The agent lets go of the unit; the next one looks for itself. */
  close(): void {
    for (const name of [...this.#told.keys()]) this.#forget(name);
  }

  #of(about: string): Asked | undefined {
    const { asked = {} } = this.#unit.record();
    return Object.hasOwn(asked, about) ? asked[about] : undefined;
  }

  #with(about: string, entry: Asked): Pick<UnitRecord, 'asked'> {
    return { asked: { ...this.#unit.record().asked, [about]: entry } };
  }

  /** That it holds goes on its record, once for each hold. */
  #news(of: string, { to }: Asked, hold: OwnHold): Pick<UnitRecord, 'news'> {
    const { since: at, until } = hold;
    return { news: untoldHold(this.#unit.record(), { at, of, to, until, reason: reasonOf(hold) }) };
  }

  /** A unit in an error, or on its way out, runs no such hook: it keeps nobody waiting. */
  #cannotAnswer(about: string): boolean {
    const { directory } = this.#unit;
    const { state, hook } = this.#unit.record();
    if (hook?.about?.unit === about) return false;
    const isAtEnd = state === 'stopping' || state === 'stopped' || state === 'removed';
    const isGoing = this.#unit.requests().removal !== undefined || isAtEnd;
    return isErrorState(state) || isGoing || !hasHook(directory.formula, UPGRADE_PENDING);
  }

  #relation({ relation }: Asked): string {
    return this.#unit.relationRecords().find((each) => each.relation === relation)?.identifier ?? '';
  }

  #facts(about: string): PendingUpgradeFacts | undefined {
    const pending = this.pending(about);
    const hold = this.#standing(about);
    if (pending === undefined) return undefined;
    return {
      ...pending,
      hold: hold === undefined ? null : { since: hold.since, until: hold.until, reason: reasonOf(hold) },
      blockers: [],
    };
  }

  #standing(about: string): OwnHold | undefined {
    const hold = this.#of(about)?.hold;
    return hold && Date.parse(hold.until) > this.#unit.parts.clock.now() ? hold : undefined;
  }

  async #hold(about: string, ms: number | undefined, reason: string | undefined): Promise<string> {
    const unit = this.#unit;
    const asked = this.#of(about);
    const refused = (problem: string): ToolUsageError =>
      new ToolUsageError({ tool: 'upgrade-hold', problem });
    if (asked === undefined) throw refused(`${unit.name} is not asked about an upgrade of ${about}`);
    const now = unit.parts.clock.now();
    const { deadline } = asked;
    if (Date.parse(deadline) <= now)
      throw refused(
        `${unit.name} may hold the upgrade of ${about} no longer: the 48 hours are over that all its related units have together`,
      );
    const until =
      ms === undefined || now + ms > Date.parse(deadline) ? deadline : new Date(now + ms).toISOString();
    const since = this.#standing(about)?.since ?? new Date(now).toISOString();
    unit.parts.log.info(`holds the upgrade of ${about} to ${asked.to} until ${until}`, { unit: unit.name });
    const said = reason !== undefined && reason !== '' && { reason: reason.slice(0, MOST_REASON) };
    const hold = { since, until, ...said };
    await unit.save({
      ...this.#with(about, { ...asked, hold }),
      ...(this.#standing(about) === undefined && this.#news(about, asked, hold)),
    });
    return until;
  }

  /** Tells what the journal has, unless that was told; not awaited. */
  #tell(about: string, entry: Asked): void {
    const word = nodeValue(wordOf(entry));
    if (this.#told.get(about)?.word === word || this.#telling.has(about)) return;
    this.#telling.add(about);
    betweenFaults('related.word', () => this.#write(about, entry, word))
      .then(
        () => this.#isTold(about, word),
        (error: unknown) => this.#isGone(about, entry, error),
      )
      .finally(() => this.#telling.delete(about));
  }

  #write(about: string, { incarnation }: Asked, word: string): Promise<void> {
    const { coordinator, writer } = this.#unit.parts;
    const path = paths.relatedWord(about, this.#unit.name);
    return writer.write(async () => {
      const node = await coordinator.get(path);
      if (node?.value === word) return [];
      const write: Operation =
        node === undefined
          ? { kind: 'create', path, value: word }
          : { kind: 'set', path, value: word, version: node.version };
      return [
        ...checkLife(this.#unit.name, this.#unit.record().incarnation),
        // Who takes the ask back takes the word with it: none comes after that.
        { kind: 'check', path: paths.upgradeAsk(this.#unit.name, about) },
        ...checkLife(about, incarnation),
        write,
      ];
    });
  }

  #isTold(about: string, word: string): void {
    const before = this.#told.get(about);
    let wasThere = false;
    const observe = (): Observation =>
      this.#unit.parts.coordinator.observe(paths.relatedWord(about, this.#unit.name), (node) => {
        // With the unit, by force, or by hand: telling it anew finds out.
        if (node === undefined && wasThere) {
          this.#forget(about);
          setImmediate(() => this.look());
        }
        wasThere ||= node !== undefined;
      });
    if (this.#unit.isStopped()) return;
    this.#told.set(about, { word, observation: before?.observation ?? observe() });
    // More may have been said meanwhile.
    setImmediate(() => this.look());
  }

  /** A unit that is gone from the tree cannot take back what it asked, so the asked unit drops it. */
  async #isGone(about: string, { incarnation }: Asked, error: unknown): Promise<void> {
    const { coordinator, log, writer } = this.#unit.parts;
    const ask = paths.upgradeAsk(this.#unit.name, about);
    if (error instanceof NodeNotFound && error.path === ask) return;
    const life = incarnation === undefined ? paths.unit(about) : paths.life(about, incarnation);
    if (!(error instanceof NodeNotFound) || (await coordinator.get(life)) !== undefined) {
      log.warning(`the word on the upgrade of ${about} cannot be written, and is tried again`, {
        unit: this.#unit.name,
        error,
      });
      this.#unit.parts.clock.after(LOOK_AGAIN, () => this.look());
      return;
    }
    await writer.write(async () => {
      const node = await coordinator.get(ask);
      return node === undefined ? [] : [{ kind: 'remove', path: ask, version: node.version }];
    });
  }

  #forget(about: string): void {
    this.#told.get(about)?.observation.close();
    this.#told.delete(about);
  }
}

function wordOf({ id, askedAt, hold, deadline }: Asked): RelatedWord {
  return {
    ask: id,
    answered: askedAt !== undefined,
    ...(hold && {
      hold: { since: hold.since, until: earlier(hold.until, deadline), reason: reasonOf(hold) },
    }),
  };
}

function earlier(one: string, other: string): string {
  return Date.parse(one) <= Date.parse(other) ? one : other;
}
