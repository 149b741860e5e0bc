import { randomUUID } from 'node:crypto';
import { bootId } from '../../state/platform/boot.js';

/**
 * One attempt to run one hook. The agent journals it before it starts it, and can then find out at any later time,
 * also as another process, what became of it.
 */
interface HookRun {
  /** Random; names the run's directory and is what the run's hook tools show as `ENSEMBLE_CLIENT_ID`. */
  readonly id: string;
  /** e.g. `mysql/0` */
  readonly unit: string;
  /** The file's name in `hooks/`, e.g. `db-relation-changed`. */
  readonly hook: string;
  /** 1 at first; larger where an earlier attempt was killed or is retried. */
  readonly attempt: number;
  /** The boot of the machine in which it was started (`bootId()`): no process outlives its boot. */
  readonly boot: string;
}

/** How and where a run happens. Everything but the run itself is the same whether it is started or adopted. */
export interface HookSpec {
  readonly run: HookRun;
  /** Absolute; the hook is `<formulaDirectory>/hooks/<hook>`, and runs in this directory. */
  readonly formulaDirectory: string;
  /** Run in the place of the hook: a program and its arguments. For commands of operators, in a hook's context. */
  readonly command?: readonly string[];
  /** The run's own directory, named by its id; made when it starts, removed by `removeRun`. */
  readonly runDirectory: string;
  /** The unit's log; both outputs of the hook are appended to it. */
  readonly logFile: string;
  /** The whole environment of the hook (`hookEnvironment`); its client id is the run's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds from its start until the hook is ended. */
  readonly timeLimit: number;
  /** Milliseconds from SIGTERM to SIGKILL. */
  readonly killDelay: number;
}

/** The end of a run. */
export type HookOutcome =
  | { readonly kind: 'succeeded' }
  /** The formula has no such hook: nothing ran, and that is a success. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly exitCode: number }
  /** Ended by a signal, or (without one) it went down with its machine, or whoever waited for it did, and nobody knows how far it came. */
  | { readonly kind: 'killed'; readonly signal?: NodeJS.Signals }
  | { readonly kind: 'timed-out'; readonly afterMs: number }
  /** An operator ended it. */
  | { readonly kind: 'aborted'; readonly by: string }
  /** Nothing ran: the run could not be claimed, as the disk is full or another agent has taken it. */
  | { readonly kind: 'not-started' };

/** A hook that runs, whether this process started it or adopted it. */
export interface RunningHook {
  /** The hook's process, which leads the process group and the session. */
  readonly pid: number;
  /** `Clock.monotonic()` at its start; the time limit counts from here. */
  readonly startedAt: number;
  /** Bytes in the log when it started: what comes after is this run's (see `tail`). */
  readonly logOffset: number;
  /** Resolves once it is over and, where it was ended or killed, nothing of its process group is left. Never rejects. */
  readonly outcome: Promise<HookOutcome>;
  /** Ends it: SIGTERM to its process group, `killDelay`, SIGKILL. Resolves to the outcome. */
  stop(): Promise<HookOutcome>;
  /** The same on behalf of an operator; nothing where it is over. May be called again. @param by who wants it */
  abort(by: string): Promise<void>;
  /** Leaves the hook to the next agent: this process forgets it and may exit. `outcome` stays open for ever. */
  release(): void;
}

/** A new attempt at a hook, of this boot. Its id is nothing that another hook could guess. */
export function newHookRun(unit: string, hook: string, attempt: number, id: string = randomUUID()): HookRun {
  return { id, unit, hook, attempt, boot: bootId() };
}

export { bootId };
