import type { Clock, Timer } from '../platform/clock.js';
import { Helper, HelperFailure, HelperSilent, NotAFile } from './helper.js';
import type { HelperRequest } from './helper-protocol.js';
import { parseWay, type Way } from '../platform/rights.js';

/** Milliseconds in which a directory that works, on however slow a disk, says something. */
export const SILENCE = 30_000;

/** Requests that may hang at once; more wait until one of those is given up. */
const MOST = 8;

/** Milliseconds that a helper is kept without work; it ends itself a minute after that. */
const KEPT = 60_000;

/** Milliseconds after which the one that is kept ready is started: not while whoever opens a storage is starting itself. */
const READY_AFTER = 1_000;

/** The helpers of one storage: as many as work at once, kept for the next requests, replaced where they hang. */
export class Helpers {
  readonly #clock: Clock;
  readonly #silence: number;
  readonly #idle: { readonly helper: Helper; readonly since: number }[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #busy = new Set<Helper>();

  readonly #isReady: boolean;
  readonly #starting: Timer | undefined;

  /**
   * @param silence milliseconds without a word after which a helper is taken to hang
   * @param isReady whether one is kept however long nothing is asked of it: to start one takes longer than to copy a
   *   small file
   */
  constructor(clock: Clock, silence: number, isReady = false) {
    this.#clock = clock;
    this.#silence = silence;
    this.#isReady = isReady;
    if (isReady)
      this.#starting = clock.after(READY_AFTER, () => {
        if (this.#idle.length === 0 && this.#busy.size === 0) this.#giveBack(this.#begun(), true);
      });
  }

  /** A helper's answer. @throws as `Helper.ask` */
  async answer(request: HelperRequest, written?: (bytes: number) => void): Promise<number | null> {
    const work = this.stream(request, written);
    for (;;) {
      const { done, value } = await work.next();
      if (done === true) return value;
    }
  }

  /** The directories on the way to a path. @throws as `Helper.ask` */
  async way(path: string): Promise<Way> {
    const pieces: Buffer[] = [];
    for await (const piece of this.stream(['way', path])) pieces.push(Buffer.from(piece));
    return parseWay(Buffer.concat(pieces).toString());
  }

  /** The bytes that come of it, before its answer. Whoever stops reading before ends the helper. */
  async *stream(
    request: HelperRequest,
    written?: (bytes: number) => void,
  ): AsyncGenerator<Buffer, number | null> {
    const helper = await this.#take();
    let heard = false;
    try {
      const answer = yield* helper.ask(request, this.#clock, this.#silence, written);
      heard = true;
      return answer;
    } catch (error) {
      // It has said all there was to say.
      heard = error instanceof HelperFailure || error instanceof NotAFile;
      throw error;
    } finally {
      this.#giveBack(helper, heard);
    }
  }

  async #take(): Promise<Helper> {
    if (this.#busy.size >= MOST) await this.#untilOneIsFree();
    const fresh = this.#clock.monotonic() - KEPT;
    let kept = this.#idle.pop();
    while (kept !== undefined && (kept.helper.isOver || (kept.since < fresh && !kept.helper.stays))) {
      kept.helper.end();
      kept = this.#idle.pop();
    }
    const helper = kept?.helper ?? this.#begun();
    helper.hold(true);
    this.#busy.add(helper);
    return helper;
  }

  #begun(): Helper {
    const others = [...this.#busy, ...this.#idle.map(({ helper }) => helper)];
    return new Helper(this.#isReady && !others.some(({ stays, isOver }) => stays && !isOver));
  }

  #untilOneIsFree(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(this.#silence, () => {
        this.#waiting.delete(go);
        reject(new HelperSilent(this.#silence / 1_000));
      });
      const go = (): void => {
        timer.cancel();
        this.#waiting.delete(go);
        resolve();
      };
      this.#waiting.add(go);
    });
  }

  #giveBack(helper: Helper, heard: boolean): void {
    this.#busy.delete(helper);
    if (heard && !helper.isOver) {
      helper.hold(false);
      this.#idle.push({ helper, since: this.#clock.monotonic() });
    } else helper.end();
    const [next] = this.#waiting;
    next?.();
  }

  /** Ends them all; what they were at fails. */
  close(): void {
    this.#starting?.cancel();
    for (const { helper } of this.#idle.splice(0)) helper.end();
    for (const helper of this.#busy) helper.end();
    this.#busy.clear();
  }
}
