import type { HookContext } from '../../hooks/context/hook-context.js';
import { HookCannotAdopt, HookCannotStart } from '../../hooks/errors.js';
import { type Adoption, adoptHook } from '../../hooks/process/adopt-hook.js';
import {
  type HookOutcome,
  type HookSpec,
  newHookRun,
  type RunningHook,
} from '../../hooks/process/hook-run.js';
import { removeRun } from '../../hooks/process/run-directory.js';
import { type Start, startHook } from '../../hooks/process/start-hook.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { UnitDirectoryMissing } from '../contract/errors.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { UnitRecord } from '../journal/record.js';
import { untilItWorks } from '../contract/retry.js';
import { saidWhile } from '../contract/said-while.js';
import { takeSlot } from './take-slot.js';
import { debugged } from './debugging.js';
import type { HookCall, HookHost } from './hook-call.js';
import { hookLog } from './hook-source.js';
import { hookSpec, openContext } from './hook-spec.js';
import { requireDirectory } from './missing-directory.js';

/** After so many starts of one hook that all were killed, it is not started again by itself. */
const MOST_ATTEMPTS = 3;

/** Commands that the journal remembers as begun. */
const MOST_BEGUN = 20;

/** A run that is over, with its context still open. */
interface HookEnd {
  readonly spec: HookSpec;
  readonly context: HookContext;
  readonly outcome: HookOutcome;
  readonly logOffset: number;
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

/** The system had no disk or process to start a hook with, or the unit's own directory is not there. */
function isShortage(error: unknown): boolean {
  if (error instanceof EnsembleError)
    return error instanceof HookCannotStart || error instanceof UnitDirectoryMissing;
  return error instanceof Error && 'code' in error;
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

/** Finds out how a run ended that was begun, however long that takes. */
async function findOut(host: HookHost, spec: HookSpec): Promise<Adoption> {
  const { clock, random, boot } = host.parts;
  let troubled = false;
  const adoption = await untilItWorks(() => adoptHook(spec, clock, boot), {
    clock,
    random,
    mayHeal: (error) => error instanceof HookCannotAdopt && !host.isStopped(),
    failed: (error) => {
      troubled = true;
      host.troubledBy(error);
    },
  });
  if (troubled) host.troubledBy(undefined);
  return adoption;
}

async function started(host: HookHost, call: HookCall, goesOn: () => void): Promise<HookEnd> {
  const { parts } = host;
  requireDirectory(host);
  const { timeout } = await host.hookRules(call.name);
  const timeLimit = timeout === undefined ? call.timeLimit : timeout * 1_000;
  const { id, attempt } = newHookRun(host.name, call.name, attemptsAt(host, call) + 1);
  const hook: NonNullable<UnitRecord['hook']> = {
    id,
    name: call.name,
    attempt: call.command === undefined ? attempt : 1,
    boot: parts.boot,
    ...(timeLimit !== undefined && { timeLimit }),
    ...(call.relation && { relation: call.relation.number }),
    ...(call.command && { command: call.command }),
    ...(call.about && { about: call.about }),
  };
  const plain = hookSpec(host, hook, call);
  // Before its turn comes: while the disk takes it, hooks of other units run.
  await journalAttempt(host, call, hook, hook.attempt);
  const giveBack = call.giveBack ?? (await takeSlot(host, call.name));
  try {
    if (host.isStopped()) throw new HookCannotStart({ unit: host.name, hook: call.name });
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
    let forget = (): void => undefined;
    const starting = parts.gate.pass(async () => {
      const begun = await betweenFaults(`${call.name}.start`, () =>
        startHook(spec, parts.launcher, parts.clock),
      ).catch((error: unknown) => startedAfterAll(host, call, spec, error));
      // Before the gate is passed, so that whoever shuts it knows of each that runs.
      if (begun.kind === 'running') forget = host.running(begun.hook);
      return begun;
    });
    const start = await saidWhile(
      host,
      () =>
        `hook ${call.name} waits to be started: for the state to say that the machine is this agent's, and for a process`,
      starting,
    );
    goesOn();
    if (start.kind === 'ended') return { spec, context, outcome: start.outcome, logOffset: 0 };
    parts.log[call.isQuiet ? 'debug' : 'info'](`hook ${call.name} runs`, { unit: host.name });
    const end = await waitFor(host, call, start.hook, forget);
    if (end.outcome.kind !== 'not-started') return { spec, context, ...end };
    await startedAfterAll(host, call, spec, new HookCannotStart({ unit: host.name, hook: call.name }));
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
  // The cause that keeps it from being started may also keep it from being found out, for good: who waits must hear of it.
  if (failure instanceof HookCannotStart && failure.isUnlaunched === true)
    return neverStarted(host, call, spec, failure);
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
  forget = host.running(hook),
): Promise<Pick<HookEnd, 'outcome' | 'logOffset'>> {
  const { logs } = host.parts;
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
  if (command === undefined) return host.save({ hook, attempts: count });
  return host.save({ hook, ...(hook !== null && { begun: withCommand(host.record(), command.id) }) });
}

function withCommand({ begun = [] }: UnitRecord, id: string): string[] {
  return [...begun.filter((other) => other !== id), id].slice(-MOST_BEGUN);
}

/**
 * Nobody ended it on purpose and nobody knows how far it came: it went down with its machine, or with whoever waited
 * for it.
 */
function wasLost(outcome: HookOutcome): boolean {
  return outcome.kind === 'killed' && outcome.signal === undefined;
}
