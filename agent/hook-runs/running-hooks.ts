import type { RunningHook } from '../../hooks/process/hook-run.js';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { UnitRequests } from '../../state/model/requests.js';
import type { Abort } from '../../state/model/request-schemas.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';
import type { UnitRecord } from '../journal/record.js';

/** The unit whose hooks they are. */
export interface RunningHost {
  readonly parts: { readonly clock: Clock };
  /** @see RelationErrors.giveUp */
  readonly relations: { readonly errors: { giveUp(which?: Abort['waiting']): boolean } };
  record(): UnitRecord;
  requests(): UnitRequests;
  note(change: Partial<UnitRecord>): void;
  save(change: Partial<UnitRecord>): Promise<void>;
  /** Called when the facts about the unit have changed. */
  tell(): void;
}

/** Milliseconds that a hook must have been running for observers to be told: to tell of each would cost two writes. */
const MOMENT = 1_000;

type HookFacts = NonNullable<UnitStatus['hook']>;

/** The process that runs for a unit, a hook's or a command's, of which there is one at most; and how it is aborted. */
export class RunningHooks {
  readonly #host: RunningHost;
  readonly #hooks = new Set<RunningHook>();
  #told: HookFacts | undefined;
  #timer: Timer | undefined;

  constructor(host: RunningHost) {
    this.#host = host;
  }

  /** @returns what forgets it */
  add(hook: RunningHook): () => void {
    this.#hooks.add(hook);
    const { clock } = this.#host.parts;
    const ran = clock.monotonic() - hook.startedAt;
    this.#timer = clock.after(Math.max(0, MOMENT - ran), () => {
      this.#told = this.#factsOf(hook);
      this.#host.tell();
    });
    // It may have been asked for while an agent before this one was down.
    this.look();
    return () => this.#forget(hook);
  }

  /** The facts for observers; undefined if nothing runs that took longer than a moment. */
  facts(): HookFacts | undefined {
    return this.#told;
  }

  /** Ends what runs, or waits for its next try, where an operator asks for it: what they saw, and nothing else. */
  look(): void {
    const abort = this.#asked();
    if (abort === undefined) return;
    const { pid, waiting } = abort;
    const { hook: begun } = this.#host.record();
    const [hook] = this.#hooks;
    if (pid !== undefined) {
      if (hook?.pid === pid) void hook.abort(abort.by);
      // A hook that an agent before this one started may still be adopted.
      else if (hook !== undefined || begun === null) this.#honoured(abort.id);
    } else if (!this.#waitsItself(abort)) {
      // In the journal with what comes of it.
      this.#host.note({ abortedId: abort.id });
      const isRelations = waiting === undefined || waiting.relation !== undefined;
      if (!isRelations || !this.#host.relations.errors.giveUp(waiting)) this.#honoured(abort.id);
    }
  }

  /** Takes an operator's request to give up the unit's hook that waits for its next try; true if there was one. */
  takeAbort(): boolean {
    const abort = this.#asked();
    if (abort === undefined || !this.#waitsItself(abort)) return false;
    this.#host.note({ abortedId: abort.id });
    return true;
  }

  #asked(): Abort | undefined {
    const abort = this.#host.requests().abort?.value;
    return abort?.id === this.#host.record().abortedId ? undefined : abort;
  }

  /** True if the request means the unit's own hook, which waits for its next try. */
  #waitsItself({ pid, waiting }: Abort): boolean {
    const { retry } = this.#host.record();
    if (!retry || pid !== undefined) return false;
    if (waiting === undefined) return true;
    return waiting.relation === undefined && waiting.hook === retry.hook && waiting.since === retry.since;
  }

  /** Leaves what runs to the next agent. */
  release(): void {
    this.#timer?.cancel();
    for (const hook of this.#hooks) hook.release();
  }

  /** Ends what runs, as the unit is run elsewhere. */
  async end(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all([...this.#hooks].map((hook) => hook.stop()));
  }

  #forget(hook: RunningHook): void {
    this.#timer?.cancel();
    this.#hooks.delete(hook);
    const wasTold = this.#told !== undefined;
    this.#told = undefined;
    if (wasTold) this.#host.tell();
    // In the journal with what came of it.
    const abort = this.#host.requests().abort?.value;
    if (abort?.pid === hook.pid) this.#host.note({ abortedId: abort.id });
  }

  #honoured(id: string): void {
    this.#host.save({ abortedId: id }).catch(() => undefined);
  }

  #factsOf(hook: RunningHook): HookFacts | undefined {
    const { clock } = this.#host.parts;
    const { hook: record } = this.#host.record();
    if (record === null) return undefined;
    const since = new Date(clock.now() - (clock.monotonic() - hook.startedAt)).toISOString();
    return { name: record.name, since, pid: hook.pid, attempt: record.attempt };
  }
}
