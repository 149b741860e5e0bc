import { hookFailure } from '../../hooks/process/hook-failure.js';
import type { HookOutcome } from '../../hooks/process/hook-run.js';
import { putAsideRun } from '../../hooks/process/run-directory.js';
import type { UnitRecord } from '../journal/record.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import { runToItsEnd } from '../hook-runs/run-to-its-end.js';
import { BUSY_CHECK, type CheckAnswer, EXIT_BUSY } from '../postpone/busy-check.js';
import type { Postponement } from '../postpone/postponement.js';

/** A unit whose formula is asked about an upgrade. */
export type AskedUnit = HookHost & {
  readonly postponement: Pick<Postponement, 'checked' | 'somethingEnded'>;
};

/** Milliseconds that the hook may take, unless its formula says otherwise: no other hook of the unit runs meanwhile. */
const CHECK_LIMIT = 30_000;

/** True if this hook of the journal is one by which the formula is asked. */
export function isQuestion(hook: UnitRecord['hook']): boolean {
  return hook?.name === BUSY_CHECK && hook.relation === undefined && hook.command === undefined;
}

/** Asks by the hook that is due, or sees the end of the one that an agent before this one began. */
export async function askFormula(unit: AskedUnit): Promise<void> {
  await runBusyCheck(unit);
}

/** Runs `busy-check`, and tells the postponement how it ended. What it sets by hook tools is dropped. */
export async function runBusyCheck(unit: AskedUnit): Promise<void> {
  const { clock } = unit.parts;
  const begun = clock.monotonic();
  const { outcome, failure } = await runQuestion(unit, BUSY_CHECK, CHECK_LIMIT);
  unit.postponement.checked(checkAnswer(outcome, failure), clock.monotonic() - begun);
}

function checkAnswer(outcome: HookOutcome, failure: string | undefined): CheckAnswer {
  if (outcome.kind === 'failed' && outcome.exitCode === EXIT_BUSY) return { kind: 'busy' };
  return failure === undefined ? { kind: 'idle' } : { kind: 'failed', failure };
}

/** A question's end is never an error of the unit: whoever asks says what comes of it. */
async function runQuestion(
  unit: HookHost,
  name: string,
  timeLimit: number,
): Promise<{ readonly outcome: HookOutcome; readonly failure: string | undefined }> {
  const { parts } = unit;
  const { spec, context, outcome, logOffset } = await runToItsEnd(unit, {
    name,
    timeLimit,
    isQuiet: true,
    through: () => ({}),
  });
  context.finish();
  parts.contexts.delete(spec.run.id);
  const failure = await hookFailure(spec, outcome, logOffset);
  await unit.save({ hook: null, attempts: 0 });
  parts.leftovers.add(putAsideRun(spec.runDirectory));
  return { outcome, failure: failure?.message };
}
