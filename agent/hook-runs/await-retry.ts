import type { Clock, Timer } from '../../state/platform/clock.js';
import type { UnitRequests } from '../../state/model/requests.js';
import type { HookRetry, UnitRecord } from '../journal/record.js';
import type { PresentConfig } from '../contract/present-config.js';
import type { Intent } from '../contract/operations.js';

/** The unit whose hook waits for its next try. */
export interface WaitHost {
  readonly name: string;
  readonly parts: { readonly clock: Clock };
  record(): UnitRecord;
  requests(): UnitRequests;
  intent(): Intent;
  presentConfig(): PresentConfig;
  /** Takes an operator's request to give it up; true if there was one. */
  takeAbort(): boolean;
  note(change: Partial<UnitRecord>): void;
  /** Runs an operator's command, if one is due. @returns whether one was */
  runDueCommand(): Promise<boolean>;
}

/**
 * How the waiting ended. `again`: its time has come, or an operator wants it now. `done`: an operator takes the hook as
 * done. `given-up`: the unit is to do something else, for which the hook must have failed.
 */
export type WaitEnd = 'again' | 'done' | 'given-up';

/** Waits for the next try of a hook that failed, and hears meanwhile what operators want: every way out works at once. */
export class RetryWait {
  readonly #host: WaitHost;
  #timer: Timer | undefined;
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(host: WaitHost) {
    this.#host = host;
  }

  /** Something that matters may have changed. */
  look(): void {
    this.#wake();
  }

  /** The agent lets go of the unit: the waiting is gone on with by the next one. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#wake = () => undefined;
  }

  /** @param longest milliseconds: a wall clock that was set back must not make it wait longer */
  async wait({ hook, until }: HookRetry, longest: number): Promise<WaitEnd> {
    const { clock } = this.#host.parts;
    const due = clock.monotonic() + Math.min(Date.parse(until) - clock.now(), longest);
    for (;;) {
      // Before anything is asked: what comes meanwhile is heard too.
      const woken = new Promise<void>((resolve) => {
        if (!this.#isClosed) this.#wake = resolve;
      });
      const end = this.#asked() ?? this.#newConfig(hook);
      if (end !== undefined) return end;
      // No hook runs while one waits, so that an operator may look around.
      if (await this.#host.runDueCommand()) continue;
      const left = due - clock.monotonic();
      if (left <= 0) return 'again';
      const elapsed = new Promise<void>((resolve) => {
        if (!this.#isClosed) this.#timer = clock.after(left, resolve);
      });
      await Promise.race([woken, elapsed]);
      this.#timer?.cancel();
    }
  }

  /** A new value is tried at once, and as often as the one before it. */
  #newConfig(hook: string): WaitEnd | undefined {
    const { digest } = this.#host.presentConfig();
    if (!['install', 'config-changed'].includes(hook)) return undefined;
    if (digest === undefined || digest === this.#host.record().configDigest) return undefined;
    this.#host.note({ configDigest: digest, attempts: 0 });
    return 'again';
  }

  #asked(): WaitEnd | undefined {
    const { resolved } = this.#host.requests();
    const { state, resolvedId, upgrade: underWay } = this.#host.record();
    if (resolved !== undefined && resolved.value.id !== resolvedId) {
      this.#host.note({ resolvedId: resolved.value.id });
      return resolved.value.retry ? 'again' : 'done';
    }
    if (this.#host.takeAbort()) return 'given-up';
    // A unit that is on its way out goes on with that.
    if (state === 'stopping') return undefined;
    const { removal, upgrade } = this.#host.intent();
    if (removal) return 'given-up';
    if (upgrade?.force !== true) return undefined;
    if (upgrade.to !== underWay?.to.id) return 'given-up';
    if (!isAskedAgain(upgrade.asked, underWay.asked)) return undefined;
    this.#host.note({ upgrade: { ...underWay, asked: upgrade.asked } });
    return 'again';
  }
}

/**
 * True if somebody asked once more for an upgrade since the unit set out for it; not known of one that an older
 * release began.
 * @param asked the flag's version
 * @param begunWith its version when the unit set out
 */
export function isAskedAgain(asked: number | undefined, begunWith: number | undefined): boolean {
  return asked !== undefined && begunWith !== undefined && asked > begunWith;
}
