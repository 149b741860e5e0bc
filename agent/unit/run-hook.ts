import type { HookContext } from '../../hooks/context/hook-context.js';
import { applyPortChanges, formatPort } from '../../hooks/context/port.js';
import type { HookWrites } from '../../hooks/context/saved.js';
import { HookCannotAdopt, HookCannotStart } from '../../hooks/errors.js';
import { hookFailure } from '../../hooks/hook-failure.js';
import { type Adoption, adoptHook } from '../../hooks/process/adopt-hook.js';
import {
  type HookOutcome,
  type HookSpec,
  newHookRun,
  type RunningHook,
} from '../../hooks/process/hook-run.js';
import { putAsideRun, removeRun } from '../../hooks/process/run-directory.js';
import { type Start, startHook } from '../../hooks/process/start-hook.js';
import { pause } from '../../state/clock.js';
import { EnsembleError } from '../../state/errors.js';
import type { HookRules } from '../../state/formula/hook-rules.js';
import { betweenFaults } from '../fault-points.js';
import type { UnitRecord } from '../journal/record.js';
import { untilItWorks } from '../retry.js';
import { debugged } from './debugging.js';
import type { HookCall, HookHost } from './hook-call.js';
import { hookLog, openPorts } from './hook-source.js';
import { hookSpec, openContext } from './hook-spec.js';
import { writeSettings } from './write-settings.js';

/** After so many starts of one hook that all were killed, it is not started again by itself. */
const MOST_ATTEMPTS = 3;

/** Milliseconds; however often a hook failed, it is tried again that soon. */
const LONGEST_BACKOFF = 3_600_000;

/**
 * Runs one hook of the formula in place, exactly once as far as the machine allows: a hook that an earlier agent
 * started is adopted; only one that was killed with its agent or machine is started again, as the next attempt.
 *
 * The order at its end matters: what it set in its relations is written before the journal says it is through, since
 * until then a restart finds the run's exit status and does the same once more.
 * @throws HookFailed, HookKilled, HookTimedOut, HookNotExecutable, HookCannotStart
 */
export async function runHook(host: HookHost, call: HookCall): Promise<void> {
  const { spec, context, outcome, logOffset } = await runToItsEnd(host, call);
  const writes = context.finish();
  host.parts.contexts.delete(spec.run.id);
  const failure = await hookFailure(spec, outcome, logOffset);
  if (failure !== undefined) {
    const wait = retryAfter(await host.hookRules(call.name), spec.run.attempt);
    // Such a run stays in the journal until the error state is, so that a restart in between finds the failure again.
    if (wait === undefined) throw failure;
    await runAgain(host, spec, failure.message, wait);
    return runHook(host, call);
  }
  const ports = await throughAll(host, () =>
    betweenFaults(`${call.name}.settings`, () => applyWrites(host, writes)),
  );
  const { change, relation } = call.through();
  await host.save({ hook: null, attempts: 0, deaths: {}, ports, ...change }, relation);
  // Only now: until the journal knew how it ended, the run's directory was what told.
  await betweenFaults(`${call.name}.forget`, async () =>
    host.parts.leftovers.add(putAsideRun(spec.runDirectory)),
  ).catch((error: unknown) =>
    // The next agent removes it: a hook that is through is no error because of what it left.
    host.parts.log.warning('a run is left over', { unit: host.name, error }),
  );
}

/** Milliseconds until a hook that failed is run again, doubled with each attempt; undefined where it is not. */
function retryAfter({ retry }: HookRules, attempt: number): number | undefined {
  return retry === undefined || attempt >= retry.attempts
    ? undefined
    : retry.backoff * 1_000 * 2 ** (attempt - 1);
}

/** Forgets a run that failed and waits, with jitter, so that units which failed together do not come back together. */
async function runAgain(host: HookHost, spec: HookSpec, failure: string, wait: number): Promise<void> {
  const { clock, random, log } = host.parts;
  const ms = Math.min(wait, LONGEST_BACKOFF) * (0.5 + random() / 2);
  log.warning(`${failure}; it runs again in ${Math.round(ms / 1_000)} s`, { unit: host.name });
  await host.save({ hook: null });
  await removeRun(spec.runDirectory);
  await pause(clock, ms);
}

/** Starts the run, or adopts the one that is in the journal, and waits for its end, which stays to be dealt with. */
export async function runToItsEnd(host: HookHost, call: HookCall): Promise<HookEnd> {
  const end = await adopted(host, call);
  if (end !== undefined) return end;
  const { clock, random } = host.parts;
  let troubled = false;
  const goesOn = (): void => {
    if (troubled) host.troubledBy(undefined);
  };
  return untilItWorks(() => started(host, call, goesOn), {
    clock,
    random,
    // An operator who waits for a command's output is told at once.
    mayHeal: (error) => call.command === undefined && isShortage(error) && !host.isStopped(),
    failed: (error) => {
      troubled = true;
      host.troubledBy(error);
    },
  });
}

/**
 * Does what must follow a hook that succeeded, until it is done: an error would have the hook run again, although what
 * it did cannot be undone.
 */
async function throughAll<T>(host: HookHost, act: () => Promise<T>): Promise<T> {
  const { clock, random } = host.parts;
  let troubled = false;
  const result = await untilItWorks(act, {
    clock,
    random,
    mayHeal: () => !host.isStopped(),
    failed: (error) => {
      troubled = true;
      host.troubledBy(error);
    },
  });
  if (troubled) host.troubledBy(undefined);
  return result;
}

/** The system had no disk or process to start a hook with. */
function isShortage(error: unknown): boolean {
  if (error instanceof EnsembleError) return error instanceof HookCannotStart;
  return error instanceof Error && 'code' in error;
}

/** Writes what a run that succeeded set in its relations. @returns the unit's ports after it, for the journal */
export async function applyWrites(host: HookHost, writes: HookWrites): Promise<string[]> {
  await writeSettings(host, writes.relations);
  return applyPortChanges(openPorts(host), writes.ports).map(formatPort);
}

/**
 * Makes the hook that an earlier agent left running, if any, known to the hook tools. It may call them from the moment
 * this agent's socket stands, long before the unit comes to adopting it.
 */
export function expectAdoption(host: HookHost, call: Pick<HookCall, 'relation'>): void {
  const { hook } = host.record();
  if (hook !== null) openContext(host, call, hook.id, hook.context);
}

/** A run that is over, with its context still open. */
export interface HookEnd {
  readonly spec: HookSpec;
  readonly context: HookContext;
  readonly outcome: HookOutcome;
  readonly logOffset: number;
}

/** The end of a hook that an earlier agent started; undefined where it has to be started (again). */
async function adopted(host: HookHost, call: HookCall): Promise<HookEnd | undefined> {
  const { hook } = host.record();
  const { name } = call;
  if (hook === null || hook.name !== name || hook.relation !== call.relation?.number) return undefined;
  const { parts } = host;
  const spec = hookSpec(host, hook, call);
  const context = parts.contexts.get(hook.id) ?? openContext(host, call, hook.id, hook.context);
  const giveBack = parts.slots.takeNow();
  try {
    const adoption = await findOut(host, spec);
    if (adoption.kind === 'running') {
      parts.log.info(`hook ${name} goes on, adopted`, { unit: host.name });
      return { spec, context, ...(await waitFor(host, call, adoption.hook)) };
    }
    const again = call.command === undefined && hook.attempt < MOST_ATTEMPTS;
    if (adoption.kind === 'never-started') await journalAttempt(host, call, null, hook.attempt - 1);
    if (call.command === undefined) await host.takeUp();
    if (adoption.kind === 'ended' && !(wasLost(adoption.outcome) && again)) {
      return { spec, context, outcome: adoption.outcome, logOffset: adoption.logOffset ?? 0 };
    }
    if (adoption.kind === 'ended')
      parts.log.warning(`hook ${name} was killed with its agent or machine; it runs again`, {
        unit: host.name,
      });
  } finally {
    giveBack();
  }
  parts.contexts.delete(hook.id);
  await removeRun(spec.runDirectory);
  return undefined;
}

/** What became of a run that was begun, however long it takes to find out. */
function findOut(host: HookHost, spec: HookSpec): Promise<Adoption> {
  const { clock, random, log, boot } = host.parts;
  return untilItWorks(() => adoptHook(spec, clock, boot), {
    clock,
    random,
    mayHeal: (error) => error instanceof HookCannotAdopt && !host.isStopped(),
    failed: (error) => log.error(`hook ${spec.run.hook} cannot be adopted yet`, { unit: host.name, error }),
  });
}

async function started(host: HookHost, call: HookCall, goesOn: () => void): Promise<HookEnd> {
  const { parts } = host;
  const { timeout } = await host.hookRules(call.name);
  const { id, attempt } = newHookRun(host.name, call.name, attemptsAt(host, call) + 1);
  const hook: NonNullable<UnitRecord['hook']> = {
    id,
    name: call.name,
    attempt: call.command === undefined ? attempt : 1,
    boot: parts.boot,
    ...(timeout !== undefined && { timeLimit: timeout * 1_000 }),
    ...(call.relation && { relation: call.relation.number }),
    ...(call.command && { command: call.command }),
  };
  const plain = hookSpec(host, hook, call);
  // Before its turn comes: while the disk takes it, hooks of other units run.
  await journalAttempt(host, call, hook, hook.attempt);
  const giveBack = await parts.slots.take();
  try {
    if (host.isStopped()) throw new HookCannotStart(host.name, call.name);
    const debugging = await debugged(plain, host.debugRequest(), parts.directory.debugSocket).catch(
      (error: unknown) => neverStarted(host, call, plain, error),
    );
    const spec = debugging ?? plain;
    const context = openContext(host, call, hook.id);
    if (debugging !== undefined) {
      await host.save({ hook: { ...hook, debugged: true } });
      // While a person thinks, hooks of other units run.
      giveBack();
    }
    const start = await betweenFaults(`${call.name}.start`, () => startHook(spec, parts.clock)).catch(
      (error: unknown) => startedAfterAll(host, call, spec, error),
    );
    goesOn();
    if (start.kind === 'ended') return { spec, context, outcome: start.outcome, logOffset: 0 };
    parts.log.info(`hook ${call.name} runs`, { unit: host.name });
    const end = await waitFor(host, call, start.hook);
    if (end.outcome.kind !== 'not-started') return { spec, context, ...end };
    await startedAfterAll(host, call, spec, new HookCannotStart(host.name, call.name));
    return { spec, context, ...end };
  } finally {
    giveBack();
  }
}

/**
 * A start that failed may have come as far as a process. What became of it is found out as after a restart, so that
 * the hook never runs beside itself; where it can be started no more, the attempt counts for nothing.
 * @throws `failure`, unless the hook runs or ran
 */
async function startedAfterAll(
  host: HookHost,
  call: HookCall,
  spec: HookSpec,
  failure: unknown,
): Promise<Start> {
  const adoption = await findOut(host, spec);
  return adoption.kind === 'never-started' ? neverStarted(host, call, spec, failure) : adoption;
}

async function neverStarted(
  host: HookHost,
  call: HookCall,
  spec: HookSpec,
  failure: unknown,
): Promise<never> {
  host.parts.contexts.delete(spec.run.id);
  await journalAttempt(host, call, null, spec.run.attempt - 1);
  await removeRun(spec.runDirectory).catch(() => undefined);
  throw failure;
}

async function waitFor(
  host: HookHost,
  call: HookCall,
  hook: RunningHook,
): Promise<Pick<HookEnd, 'outcome' | 'logOffset'>> {
  const { logs } = host.parts;
  const forget = host.running(hook);
  if (call.command === undefined) logs.began(host.name, hookLog(host.directory), call.name, hook.logOffset);
  const outcome = await hook.outcome;
  forget();
  logs.ended(host.name);
  return { outcome, logOffset: hook.logOffset };
}

function attemptsAt(host: HookHost, { attempts }: HookCall): number {
  return attempts?.get() ?? host.record().attempts;
}

/** Commands do not count among the attempts at the hook that the unit's state is about. */
function journalAttempt(
  host: HookHost,
  { command, attempts }: HookCall,
  hook: UnitRecord['hook'],
  count: number,
): Promise<void> {
  if (attempts !== undefined) return host.save({ hook }, attempts.set(count));
  return host.save({ hook, ...(command === undefined && { attempts: count }) });
}

/** Nobody ended it on purpose and nobody knows how far it came: it went down with its machine, or with whoever waited for it. */
function wasLost(outcome: HookOutcome): boolean {
  return outcome.kind === 'killed' && outcome.signal === undefined;
}
