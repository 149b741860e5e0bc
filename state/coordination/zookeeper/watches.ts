import { type Clock, pause } from '../../platform/clock.js';
import type { Observation } from '../coordinator.js';

/** A look's result, as an observer is told it. */
export interface Seen<T> {
  readonly value: T;
  /** Differs between two readings exactly when observers are to be told. */
  readonly mark: string;
}

/** One reading of what an observer looks at. */
export interface Look<T> extends Seen<T> {
  /** The connection, counted from 1, on which it is watched. */
  readonly epoch: number;
}

/**
 * Reads what from then on is watched, for as long as it takes; undefined when it was refused, and may be allowed later.
 * @param absent whether nothing was there the last time, or was removed since
 */
type Read<T> = (path: string, absent: boolean) => Promise<Look<T> | undefined>;

/** A change that this client makes itself where it observes. */
interface OwnChange {
  /** How many events it makes there. */
  readonly events: number;
  /** How many came since it was sent. */
  seen: number;
}

interface Observer<T> {
  readonly tell: (value: T) => void;
  told: string | undefined;
  open: boolean;
}

interface Watched<T> {
  readonly path: string;
  readonly observers: Set<Observer<T>>;
  looking: boolean;
  /** Something happened since the running look began: look again after it. */
  stale: boolean;
  last: Seen<T> | undefined;
  /** By what was seen last, or by the event since. */
  absent: boolean;
  /** True if the last look was refused, which is told once. */
  refused: boolean;
  own: OwnChange | undefined;
  /** Called at the end of the running or the next look. */
  readonly after: (() => void)[];
}

/** How long after a refused look the next is tried, in milliseconds. */
const REFUSED_PAUSE = 5_000;

/**
 * The observers of one kind of reading. A watch that fires says "look again" and nothing else; each look reads the
 * whole value, which is watched on. Events are matched by path, also those that overtake the answer of the read
 * which asked for them: a server with several worker threads may send them so.
 */
export class Watches<T> {
  readonly #watched = new Map<string, Watched<T>>();
  readonly #stop = new AbortController();
  readonly #clock: Clock;
  readonly #epoch: () => number;
  readonly #read: Read<T>;
  readonly #left: (path: string) => void;
  readonly #refused: (path: string) => void;

  /**
   * @param epoch the current connection, counted from 1
   * @param refused called with a full path when a look at it is refused, and again when that was over meanwhile
   * @param left called with a full path that nobody observes any more, when no look at it is under way
   */
  constructor(
    clock: Clock,
    epoch: () => number,
    read: Read<T>,
    left: (path: string) => void,
    refused: (path: string) => void,
  ) {
    this.#clock = clock;
    this.#epoch = epoch;
    this.#read = read;
    this.#left = left;
    this.#refused = refused;
  }

  /** `path` is the full path on the server. Errors of `tell` are uncaught exceptions, and hurt nothing here. */
  observe(path: string, tell: (value: T) => void): Observation {
    const watched = this.#watched.get(path) ?? {
      path,
      observers: new Set(),
      looking: false,
      stale: false,
      last: undefined,
      absent: false,
      refused: false,
      own: undefined,
      after: [],
    };
    const observer: Observer<T> = { tell, told: undefined, open: true };
    if (!this.#stop.signal.aborted) {
      this.#watched.set(path, watched);
      watched.observers.add(observer);
      this.#look(watched);
    }
    return {
      close: () => {
        observer.open = false;
        watched.observers.delete(observer);
        if (watched.observers.size === 0 && this.#watched.get(path) === watched) {
          this.#watched.delete(path);
          goOn(watched);
          if (!watched.looking) this.#left(path);
        }
      },
    };
  }

  /** A watch on this full path fired. @param removed whether because nothing is there any more */
  fired(path: string, removed: boolean): void {
    const watched = this.#watched.get(path);
    if (watched === undefined) return;
    watched.absent = removed;
    if (watched.own !== undefined && !watched.looking) watched.own.seen += 1;
    else this.#look(watched);
  }

  /** True if anybody observes anything. */
  isUsed(): boolean {
    return this.#watched.size > 0;
  }

  /** True if anybody observes this full path. */
  isObserved(path: string): boolean {
    return this.#watched.has(path);
  }

  /**
   * Says that this client is about to change what is observed at this full path, which makes so many events there. They
   * come before the answer, so what is seen then is known without looking, unless others changed it at the same time.
   * @returns what is to be called with the outcome: what is seen now, given what was seen before, or nothing where the
   *   change was not made or may not have been
   */
  changing(path: string, events: number): (now?: (before: T) => Seen<T>) => void {
    const watched = this.#watched.get(path);
    if (watched === undefined || watched.own !== undefined) return () => undefined;
    const own: OwnChange = { events, seen: 0 };
    watched.own = own;
    return (now) => {
      watched.own = undefined;
      if (now === undefined && own.seen === 0) return;
      if (now === undefined || own.seen !== events || watched.looking || watched.last === undefined)
        this.#look(watched);
      else tellAll(watched, now(watched.last.value));
    };
  }

  /**
   * Calls `then` once observers were told of the running look at this full path, or else of the next; at once where
   * nobody observes it.
   */
  afterLook(path: string, then: () => void): void {
    const watched = this.#watched.get(path);
    if (watched === undefined) then();
    else watched.after.push(then);
  }

  /** A new connection stands, which has no watches yet. Looks under way find that out by themselves. */
  lookAgain(): void {
    for (const watched of this.#watched.values()) {
      if (!watched.looking) this.#look(watched);
    }
  }

  close(): void {
    this.#stop.abort();
    for (const { observers } of this.#watched.values()) {
      for (const observer of observers) observer.open = false;
    }
    this.#watched.clear();
  }

  #look(watched: Watched<T>): void {
    if (watched.looking) {
      watched.stale = true;
      return;
    }
    watched.looking = true;
    this.#lookUntilFresh(watched).catch(() => {
      // Only closing ends a look; there is nobody left to tell.
    });
  }

  async #lookUntilFresh(watched: Watched<T>): Promise<void> {
    do {
      watched.stale = false;
      const look = await this.#read(watched.path, watched.absent);
      if (look === undefined) {
        if (!watched.refused) this.#refused(watched.path);
        watched.refused = true;
        await pause(this.#clock, REFUSED_PAUSE, this.#stop.signal);
        watched.stale = true;
      } else {
        watched.refused = false;
        // An event that came since knows better.
        if (!watched.stale) watched.absent = look.value === undefined;
        watched.stale ||= look.epoch !== this.#epoch();
        tellAll(watched, look);
      }
    } while (watched.stale && watched.observers.size > 0);
    watched.looking = false;
    if (!this.isObserved(watched.path)) this.#left(watched.path);
  }
}

function goOn({ after }: { readonly after: (() => void)[] }): void {
  for (const then of after.splice(0)) then();
}

function tellAll<T>(watched: Watched<T>, { value, mark }: Seen<T>): void {
  watched.last = { value, mark };
  for (const observer of watched.observers) {
    if (observer.told !== mark) {
      observer.told = mark;
      queueMicrotask(() => {
        if (observer.open) observer.tell(value);
      });
    }
  }
  queueMicrotask(() => goOn(watched));
}
