import { setWatcherState } from '../control/watching/watcher-state.js';
import type { Environment } from '../state/environments/environment.js';
import { pause } from '../state/platform/clock.js';
import { EnsembleError } from '../state/platform/errors.js';
import type { Led, LedParts, Pass, Surroundings } from './contract/led.js';
import { Eye, type EyeOptions } from './eye.js';
import { runPass } from './pass/pass.js';

export interface WatcherOptions extends Surroundings, Pick<EyeOptions, 'open'> {
  readonly environments: readonly Environment[];
  /** Milliseconds from one pass to the next. */
  readonly period: number;
  readonly version: string;
  /** No pass is made by itself. */
  readonly once?: boolean;
  readonly openParts: (led: Led) => Promise<LedParts>;
}

/** Milliseconds that one who looks once waits to lead: longer than the session of one that was killed. */
const PATIENCE = 15_000;

/** A watcher that runs. */
export interface Watcher {
  /** Looks at what this process leads by now, and resolves when that is over. */
  pass(): Promise<void>;
  /** Waits until it leads everywhere, and looks once. @throws WatcherElsewhere where another one leads on */
  once(): Promise<void>;
  /** The environments that this process leads. */
  leads(): readonly string[];
  stop(): Promise<void>;
}

/** Watches environments: in each it stands for election, and looks once in each period at those that it leads. */
export function startWatcher(options: WatcherOptions): Watcher {
  const { environments, clock, period, log } = options;
  const closing = new AbortController();
  let early = new AbortController();
  const eyes = environments.map(
    (environment) => new Eye({ ...options, environment, leads: () => early.abort() }),
  );
  const led = (): readonly (Pass & LedParts)[] => eyes.flatMap((eye) => eye.current() ?? []);
  let running: Promise<void> | undefined;
  const pass = (): Promise<void> => {
    running ??= onePass(led()).finally(() => {
      running = undefined;
    });
    return running;
  };
  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      early = new AbortController();
      await pass().catch((error: unknown) =>
        log.error('a pass failed, and the next one begins anew', { error }),
      );
      const signal = AbortSignal.any([closing.signal, early.signal]);
      await pause(clock, period, signal).catch(() => undefined);
    }
  };
  const ended = options.once === true ? Promise.resolve() : loop();
  return {
    pass,
    async once() {
      await Promise.all(eyes.map((eye) => eye.untilLeading(PATIENCE)));
      await pass();
    },
    leads: () => eyes.flatMap((eye) => (eye.current() === undefined ? [] : [eye.environment])),
    async stop() {
      closing.abort();
      await running?.catch(() => undefined);
      await ended;
      await Promise.all(eyes.map((eye) => eye.close()));
    },
  };
}

async function onePass(passes: readonly (Pass & LedParts)[]): Promise<void> {
  const [first] = passes;
  if (first === undefined) return;
  const began = first.clock.monotonic();
  await runPass(passes);
  for (const each of passes) {
    const { session, guard, clock, log } = each;
    for (const part of each.parts)
      await part.pass(each).catch((error: unknown) => {
        if (!(error instanceof EnsembleError)) throw error;
        log.error(`${part.name} failed, and is tried again in the next pass`, { error });
      });
    await setWatcherState(session.coordinator, [guard], {
      lastPassAt: new Date(clock.now()).toISOString(),
      lastPassMs: Math.round(clock.monotonic() - began),
    });
  }
}
