import { isDeepStrictEqual } from 'node:util';
import { type Actor, createActor } from 'xstate';
import type { Observation } from '../../state/coordination/coordinator.js';
import type { Intent } from '../contract/operations.js';
import { hookLog } from '../hook-runs/hook-source.js';
import { isDirectoryMissing } from '../hook-runs/missing-directory.js';
import { expectAdoption } from '../hook-runs/run-hook.js';
import type { UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { AgentParts } from '../machine/parts.js';
import { SpentRequests } from '../operations/spent-requests.js';
import { unitOperations } from '../operations/unit-operations.js';
import { watchRequests } from '../tree/watch-requests.js';
import { ComposedUnit } from './composed-unit.js';
import { noIntent } from './intent.js';
import { unitMachine } from './machine.js';

/** Who hosts the unit. */
export interface UnitOwner {
  /** The unit has been removed from this machine. */
  gone(unit: { readonly name: string }): void;
  /** The tree may have another life of the unit's name, or none: it is to be looked at. */
  suspects(unit: { readonly name: string }): void;
}

/**
 * One unit of this machine: its journal record, what is wanted of it, and the xstate machine that goes from the one to
 * the other. It is taken up from its journal, looks whenever something may ask something of it, and is left again. What
 * the operations do is in `operations/unit-operations.ts` and the files it names.
 */
export class AgentUnit extends ComposedUnit {
  readonly #owner: UnitOwner;
  readonly #actor: Actor<typeof unitMachine>;
  readonly #spent = new SpentRequests(this);
  readonly #ends: (() => void)[] = [];
  #intent: Intent = noIntent;
  #stopped = false;

  constructor(parts: AgentParts, record: UnitRecord, relations: readonly RelationRecord[], owner: UnitOwner) {
    super(parts, record, relations);
    this.#owner = owner;
    this.#actor = createActor(unitMachine, {
      input: { operations: unitOperations(this), intent: noIntent },
    });
    this.#actor.subscribe({
      next: ({ value }) => this.report.prepares(value.preparation),
      // It completes by being stopped too, when the unit stays.
      complete: () => {
        if (!this.#stopped) owner.gone(this);
      },
      error: (error) =>
        this.parts.log.error('the unit stands still: this is a bug', { unit: this.name, error }),
    });
  }

  /** Takes the unit up where its journal left it. */
  start(): void {
    const { coordinator, services, log, logs } = this.parts;
    this.#ends.push(this.parts.addresses.subscribe(() => this.look()));
    this.#ends.push(services.subscribe(this.record().service, () => this.look()));
    const life = { unit: this.name, incarnation: this.record().incarnation };
    const isAnother = (): void => this.#owner.suspects(this);
    const requests: Observation = watchRequests(coordinator, life, log, isAnother, (found) => {
      this.asked.take(found);
      for (const [relation, { value }] of found.relations) this.relations.errors.resolve(relation, value);
      this.look();
    });
    this.#ends.push(() => requests.close());
    if (this.record().formula !== null) void logs.attend(this.name, hookLog(this.directory));
    this.#ends.push(() => logs.forget(this.name));
    if (isDirectoryMissing(this)) this.#configureOnceThere();
    this.relations.start();
    expectAdoption(this, this.relations.callUnderWay());
    this.#actor.start();
    this.report.start(async () => {
      await this.inPlace.load();
      this.look();
    });
    this.look();
  }

  /** Looks again at everything that may ask something of the unit. */
  look(): void {
    if (this.#stopped) return;
    this.relations.look();
    const { evicted } = this.record();
    if (evicted !== undefined) this.relations.errors.passOver(evicted.by);
    this.others.look();
    const intent = this.computeIntent();
    this.parting.lookWhetherCalledOff(intent.upgrade);
    // The machine looks by itself whenever it comes to another state; it is told only what has changed.
    if (!isDeepStrictEqual(intent, this.#intent)) {
      this.#intent = intent;
      this.#actor.send({ type: 'LOOK', intent });
    }
    if (intent.run) this.relations.wake();
    this.hooksUnderWay.look();
    this.retryWait.look();
    this.report.send();
    // Not before the journal says that they are spent: a kill in between would leave nobody who knows of it.
    if (!this.isEvicted() && this.journalled.isWritten()) this.#spent.takeOff();
  }

  intent(): Intent {
    return this.#intent;
  }

  isStopped(): boolean {
    return this.#stopped;
  }

  /** Its configuring waits for the directory, so that the status tells of it before anything is asked of the unit. */
  #configureOnceThere(): void {
    this.note({ configDigest: null });
  }

  /** @see WatchedUnit.misses */
  misses(): boolean {
    if (this.#stopped || this.isEvicted() || this.record().state !== 'started') return false;
    this.#configureOnceThere();
    this.look();
    return true;
  }

  /** Stops the unit and puts its data aside, as it was removed by force: the tree knows it no more. */
  evict({ requestedAt, by, isRemoval }: NonNullable<UnitRecord['evicted']>): void {
    this.note({ evicted: { requestedAt, by, ...(isRemoval !== undefined && { isRemoval }) } });
    this.inPlace.part();
    this.look();
  }

  /** Leaves the unit as it is: its hooks go on, and the next agent takes it up from the journal. */
  stop(): void {
    this.#letGo();
    this.hooksUnderWay.release();
  }

  /** The same where the machine is another agent's, which runs the unit itself: resolves when no hook of it runs. */
  async abandon(): Promise<void> {
    this.#letGo();
    await this.hooksUnderWay.end();
  }

  #letGo(): void {
    this.#stopped = true;
    for (const end of this.#ends.splice(0)) end();
    this.closeParts();
    this.#actor.stop();
  }
}
