import assert from 'node:assert/strict';
import { newRelationRecord, relationRecordSchema } from '../../../agent/journal/relation-record.js';
import type { RelationEvent, RelationQueue } from '../../../agent/journal/relation-queue.js';
import { begin, finish, leave, nextEvent, observeMembers } from '../../../agent/relation/queue.js';
import { compareUnits } from '../../../state/model/paths.js';

/** What may happen to a unit's queue, or to those it is about. */
export type Step =
  | { readonly do: 'join' | 'change' | 'depart'; readonly unit: string }
  | {
      readonly do:
        | 'look'
        | 'begin'
        | 'succeed'
        | 'fail'
        | 'retry'
        | 'resolve'
        | 'restart'
        | 'reboot'
        | 'leave';
    };

interface Told {
  readonly event: RelationEvent;
  readonly members: readonly string[];
}

/**
 * Drives one queue as the agent does, and holds each event that begins against what was told before: the legal
 * sequences, stated as plainly as possible, with no regard to how the queue comes by them.
 */
export class QueueSimulation {
  queue: RelationQueue = blankRecord().queue;
  /** Who is there, with the version of their settings, which goes on where it was after an absence. */
  readonly present = new Map<string, number>();
  /** Every event that is through. */
  readonly told: Told[] = [];
  #begun: Told | undefined;
  #running = false;
  #failed = false;
  readonly #versions = new Map<string, number>();
  /** The version each unit's settings had for the last `joined` or `changed` that began. */
  readonly #read = new Map<string, number>();

  step(step: Step): void {
    switch (step.do) {
      case 'join':
        if (!this.present.has(step.unit)) this.present.set(step.unit, this.#versions.get(step.unit) ?? 0);
        break;
      case 'change':
        if (this.present.has(step.unit)) {
          const version = (this.#versions.get(step.unit) ?? 0) + 1;
          this.#versions.set(step.unit, version);
          this.present.set(step.unit, version);
        }
        break;
      case 'depart':
        this.present.delete(step.unit);
        break;
      case 'look':
        this.queue = observeMembers(this.queue, new Map(this.present));
        break;
      case 'begin':
        this.#begin();
        break;
      case 'succeed':
        if (this.#running) this.#through();
        break;
      case 'fail':
        this.#failed ||= this.#running;
        this.#running = false;
        break;
      case 'retry':
        this.#failed = false;
        break;
      case 'resolve':
        if (this.#failed) this.#through();
        break;
      // The agent stops; a hook that runs goes on and is adopted.
      case 'restart':
        this.queue = throughJournal(this.queue);
        break;
      // The machine stops, and the hook with it.
      case 'reboot':
        this.queue = throughJournal(this.queue);
        this.#running = false;
        break;
      case 'leave':
        this.queue = leave(this.queue);
        break;
    }
    this.#assertCoalesced();
  }

  /** Lets everything that is queued come through, whatever failed before. */
  settle(): void {
    this.step({ do: 'look' });
    for (let turns = 0; this.queue.events.length > 0; turns++) {
      assert.ok(turns < 1000, 'the queue never empties');
      this.step({ do: 'retry' });
      this.step({ do: 'begin' });
      this.step({ do: 'succeed' });
    }
    this.#assertSettled();
  }

  /** Whom the hooks that are through were told to be there. */
  members(): string[] {
    const members = new Set<string>();
    for (const { event } of this.told) {
      if (event.kind === 'joined') members.add(event.unit);
      if (event.kind === 'departed') members.delete(event.unit);
    }
    return [...members].sort(compareUnits);
  }

  /** e.g. `joined mysql/0` */
  log(): string[] {
    return this.told.map(({ event }) => (event.kind === 'broken' ? 'broken' : `${event.kind} ${event.unit}`));
  }

  #begin(): void {
    const next = nextEvent(this.queue);
    if (next === undefined || this.#running || this.#failed) return;
    if (this.#begun) assert.deepEqual(next, this.#begun, 'what began once is begun again as it was');
    else this.#assertMayBeTold(next);
    this.queue = begin(this.queue);
    this.#begun = next;
    this.#running = true;
    if (next.event.kind !== 'joined' && next.event.kind !== 'changed') return;
    // A hook reads what the agent saw last, which may be behind; of who is away, what stands in the tree.
    const { unit } = next.event;
    this.#read.set(unit, this.queue.known[unit] ?? this.#versions.get(unit) ?? 0);
  }

  #through(): void {
    assert.ok(this.#begun);
    this.told.push(this.#begun);
    this.#begun = undefined;
    this.#running = false;
    this.#failed = false;
    this.queue = finish(this.queue);
  }

  #assertMayBeTold({ event, members }: Told): void {
    const before = this.members();
    const last = this.told.at(-1)?.event;
    assert.notEqual(last?.kind, 'broken', 'nothing comes after broken');
    if (last?.kind === 'joined')
      assert.ok(
        event.kind === 'changed' && event.unit === last.unit,
        `changed of ${last.unit} comes right after joined`,
      );
    switch (event.kind) {
      case 'broken':
        assert.deepEqual([before, members], [[], []], 'everybody departs before broken');
        break;
      case 'joined':
        assert.ok(!before.includes(event.unit), `${event.unit} joins once`);
        assert.deepEqual(members, [...before, event.unit].sort(compareUnits));
        break;
      case 'changed':
        assert.ok(before.includes(event.unit), `${event.unit} changes while it is there`);
        assert.deepEqual(members, before);
        break;
      case 'departed':
        assert.ok(before.includes(event.unit), `${event.unit} departs after it joined`);
        assert.deepEqual(
          members,
          before.filter((unit) => unit !== event.unit),
        );
    }
  }

  /** Of what has not begun there is one event per unit, but for the `changed` owed to one that left right after. */
  #assertCoalesced(): void {
    assert.equal(this.queue.begun, this.#begun !== undefined);
    const waiting = new Map<string, string>();
    for (const event of this.queue.events.slice(this.#begun ? 1 : 0)) {
      if (event.kind === 'broken') continue;
      const before = waiting.get(event.unit);
      waiting.set(event.unit, before === undefined ? event.kind : `${before} ${event.kind}`);
    }
    for (const [unit, kinds] of waiting)
      assert.match(kinds, /^(joined|changed|departed|changed departed)$/, `queued for ${unit}`);
  }

  #assertSettled(): void {
    if (this.queue.leaving) {
      assert.equal(this.log().at(-1), 'broken');
      assert.equal(this.log().filter((line) => line === 'broken').length, 1);
      assert.deepEqual(this.members(), []);
      return;
    }
    assert.deepEqual(this.members(), [...this.present.keys()].sort(compareUnits), 'hooks know who is there');
    assert.deepEqual(this.queue.delivered, this.members());
    for (const [unit, version] of this.present)
      assert.equal(this.#read.get(unit), version, `a hook could read the last settings of ${unit}`);
  }
}

/** A relation that a unit has just joined. */
function blankRecord(): ReturnType<typeof newRelationRecord> {
  return newRelationRecord({
    unit: 'blog/0',
    relation: '4',
    identifier: 'db:4',
    name: 'db',
    role: 'requires',
    interface: 'mysql',
    remoteService: 'mysql',
    meeting: '/relations/4',
  });
}

function throughJournal(queue: RelationQueue): RelationQueue {
  return relationRecordSchema.parse(JSON.parse(JSON.stringify({ ...blankRecord(), queue }))).queue;
}
