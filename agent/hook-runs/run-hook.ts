import { applyPortChanges, formatPort } from '../../hooks/context/port.js';
import type { HookWrites } from '../../hooks/context/saved.js';
import { hookFailure } from '../../hooks/process/hook-failure.js';
import type { HookSpec } from '../../hooks/process/hook-run.js';
import { putAsideRun, removeRun } from '../../hooks/process/run-directory.js';
import { ValueTooLarge } from '../../state/coordination/errors.js';
import type { EnsembleError } from '../../state/platform/errors.js';
import type { HookRules } from '../../state/formula/hook-rules.js';
import { HookRetryEnded, HookWritesRefused } from '../contract/errors.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { HookRetry } from '../journal/record.js';
import { sentence } from '../contract/log.js';
import { unlessRepeated, untilItWorks } from '../contract/retry.js';
import type { HookCall, HookHost } from './hook-call.js';
import { openPorts } from './hook-source.js';
import { openContext } from './hook-spec.js';
import { runToItsEnd } from './run-to-its-end.js';
import { writeSettings } from './write-settings.js';

/** Milliseconds; however often a hook failed, it is tried again that soon. */
const LONGEST_BACKOFF = 3_600_000;

/**
 * Runs one hook of the formula in place, exactly once as far as the machine allows: a hook that an earlier agent
 * started is adopted; only one that was killed with its agent or machine is started again, as the next attempt.
 *
 * A hook that failed and is to run again waits here. A relation's hook is put off instead: it is then neither through
 * nor failed, and its relation is due when its time has come.
 *
 * The order at its end matters: its changes to its relations are written before the journal says that it is through,
 * since until then a restart finds the run's exit status and does the same once more.
 * @throws HookFailed, HookKilled, HookTimedOut, HookNotExecutable, HookCannotStart, HookWritesRefused, HookRetryEnded
 */
export async function runHook(host: HookHost, call: HookCall): Promise<void> {
  const { retry } = host.record();
  if (call.attempts === undefined && retry?.hook === call.name && !(await isDue(host, call, retry))) return;
  const { spec, context, outcome, logOffset } = await runToItsEnd(host, call);
  const writes = context.finish();
  host.parts.contexts.delete(spec.run.id);
  const failure = await hookFailure(spec, outcome, logOffset);
  if (failure !== undefined) {
    // An operator who ended it wants no further try of it by itself.
    const wait =
      outcome.kind === 'aborted' ? undefined : retryAfter(await host.hookRules(call.name), spec.run.attempt);
    // Such a run stays in the journal until the error state is, so that a restart in between finds the failure again.
    if (wait === undefined) throw failure;
    await putOff(host, call, spec, failure, wait);
    return call.attempts === undefined ? runHook(host, call) : undefined;
  }
  const ports = await throughAll(host, call.name, () =>
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

/** Forgets a run that failed, and journals when it runs again: with jitter, so that many do not come back together. */
async function putOff(
  host: HookHost,
  { name, attempts }: HookCall,
  spec: HookSpec,
  failure: EnsembleError,
  wait: number,
): Promise<void> {
  const { clock, random, log } = host.parts;
  const ms = Math.min(wait, LONGEST_BACKOFF) * (0.5 + random() / 2);
  log.warning(`${failure.message}; it runs again in ${Math.round(ms / 1_000)} s`, { unit: host.name });
  const now = clock.now();
  const retry: HookRetry = {
    hook: name,
    failure: failure.message,
    ...(failure.next !== undefined && { next: failure.next }),
    since: new Date(now).toISOString(),
    until: new Date(now + ms).toISOString(),
    attempt: spec.run.attempt,
  };
  if (attempts === undefined) await host.save({ hook: null, retry });
  else await host.save({ hook: null }, attempts.putOff(retry));
  await removeRun(spec.runDirectory);
}

/**
 * Waits for the next try.
 * @returns false where an operator takes the hook as done
 * @throws HookRetryEnded where there is none, as something else is wanted of the unit
 */
async function isDue(host: HookHost, call: HookCall, retry: HookRetry): Promise<boolean> {
  const end = await host.awaitRetry(retry, LONGEST_BACKOFF);
  host.note({ retry: null });
  if (end === 'again') return true;
  if (end === 'given-up') throw new HookRetryEnded({ sentence: retry.failure, next: retry.next });
  const { change, relation } = call.through();
  await host.save({ hook: null, attempts: 0, deaths: {}, ...change }, relation);
  return false;
}

/**
 * Does what must follow a hook that succeeded, until it is done: an error would have the hook run again, although what
 * it did cannot be undone. Only what is refused for good is an error, which an operator resolves: what is too large at
 * once, any other answer when it was given again and again.
 * @throws HookWritesRefused
 */
async function throughAll<T>(host: HookHost, hook: string, act: () => Promise<T>): Promise<T> {
  const { clock, random } = host.parts;
  let troubled = false;
  const healing = unlessRepeated(() => true);
  const result = await untilItWorks(act, {
    clock,
    random,
    mayHeal: (error) => {
      if (host.isStopped()) return false;
      const refused = (): HookWritesRefused =>
        new HookWritesRefused({ unit: host.name, hook, reason: sentence(error) }, { cause: error });
      if (error instanceof ValueTooLarge) throw refused();
      try {
        return healing(error);
      } catch {
        throw refused();
      }
    },
    failed: (error) => {
      troubled = true;
      host.troubledBy(error);
    },
  }).finally(() => {
    if (troubled) host.troubledBy(undefined);
  });
  return result;
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
