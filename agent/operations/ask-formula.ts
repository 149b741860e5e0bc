import { classOfStep } from '../../control/newer/step-class.js';
import type { PendingUpgrade } from '../../hooks/context/pending-upgrade.js';
import { hookFailure } from '../../hooks/process/hook-failure.js';
import type { HookOutcome } from '../../hooks/process/hook-run.js';
import { putAsideRun } from '../../hooks/process/run-directory.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { UnitRecord } from '../journal/record.js';
import type { Uses } from '../machine/parts.js';
import type { HookCall, HookHost } from '../hook-runs/hook-call.js';
import { runToItsEnd } from '../hook-runs/run-to-its-end.js';
import { HEALTH_CHECK, type UnitHealth } from '../health/unit-health.js';
import type { Intent } from '../contract/operations.js';
import { BUSY_CHECK, type CheckAnswer, EXIT_BUSY } from '../postpone/busy-check.js';
import { type OwnWord, UPGRADE_PENDING } from '../postpone/own-word.js';
import type { Postponement } from '../postpone/postponement.js';
import type { About, OthersUpgrades } from '../postpone/others-upgrades.js';
import type { RelatedUnits } from '../postpone/related-units.js';

/** A unit whose formula is asked about an upgrade, or for its health. */
export type AskedUnit = HookHost &
  Uses<'services'> & {
    readonly health: Pick<UnitHealth, 'checked'>;
    intent(): Pick<Intent, 'checksHealth' | 'upgrade'>;
    readonly word: OwnWord;
    readonly others: Pick<OthersUpgrades, 'due' | 'ended' | 'pending' | 'word'>;
    readonly related: Pick<RelatedUnits, 'ask'>;
    readonly postponement: Pick<Postponement, 'checked' | 'question' | 'somethingEnded'>;
  };

/** Milliseconds that the hooks may take, unless their formula says otherwise: no other hook of the unit runs meanwhile. */
const LIMITS = { [BUSY_CHECK]: 30_000, [HEALTH_CHECK]: 30_000, [UPGRADE_PENDING]: 600_000 } as const;

/** True if this hook of the journal is one by which the formula is asked. */
export function isQuestion(hook: UnitRecord['hook']): boolean {
  return hook !== null && questionOf(hook) !== undefined;
}

function questionOf({ name, relation, command }: NonNullable<UnitRecord['hook']>) {
  if (relation !== undefined || command !== undefined) return undefined;
  return name === BUSY_CHECK || name === UPGRADE_PENDING || name === HEALTH_CHECK ? name : undefined;
}

/** Asks what is due, or sees the end of the hook that an agent before this one began. */
export async function askFormula(unit: AskedUnit): Promise<void> {
  const { hook } = unit.record();
  const begun = hook === null ? undefined : questionOf(hook);
  const about = hook === null ? unit.others.due() : hook.about;
  // Questions of other units go first: they may be due while the upgrade is still being prepared.
  if (begun === HEALTH_CHECK || (hook === null && unit.intent().checksHealth)) await runHealthCheck(unit);
  else if (about !== undefined) await tellOfOther(unit, about);
  else {
    const question = hook === null ? unit.postponement.question() : begun;
    if (question === UPGRADE_PENDING) await tellFormula(unit);
    if (question === BUSY_CHECK) await runBusyCheck(unit);
    if (question === 'related') await tellRelated(unit);
  }
}

/** Runs `health-check`, and journals what it says of the unit. Nothing is restarted by it. */
async function runHealthCheck(unit: AskedUnit): Promise<void> {
  const { clock } = unit.parts;
  const begun = clock.monotonic();
  const through = (failure: string | undefined): Partial<UnitRecord> =>
    unit.health.checked(failure, clock.monotonic() - begun);
  await runQuestion(unit, HEALTH_CHECK, { isQuiet: true, through });
}

/**
 * Runs `upgrade-pending`. What it is told is in the journal with its start, and that it was asked with its end, so that a
 * death in between asks neither again nor about another upgrade.
 */
async function tellFormula(unit: AskedUnit): Promise<void> {
  const run = (call: Pick<HookCall, 'upgrade' | 'pending'>): Promise<unknown> =>
    runQuestion(unit, UPGRADE_PENDING, { ...call, through: (failure) => unit.word.ended(failure) });
  // A hook that goes on from before may have gone down with its machine, and is then told the same once more.
  const isBegun = unit.record().hook !== null;
  const pending = isBegun ? unit.word.facts() : await beginPending(unit);
  if (pending !== undefined) await run({ upgrade: pending, pending });
  else if (isBegun) await run({});
}

async function beginPending(unit: AskedUnit): Promise<PendingUpgrade | undefined> {
  const known = await stepOf(unit);
  return known && unit.word.begin(known);
}

/** Runs `upgrade-pending` about the upgrade of a related unit, in the same way. */
async function tellOfOther(unit: AskedUnit, about: About): Promise<void> {
  const pending = unit.others.pending(about.unit);
  await runQuestion(unit, UPGRADE_PENDING, {
    about,
    ...(pending && { upgrade: pending, pending }),
    through: (failure) => unit.others.ended(about, failure),
  });
}

/** Tells the related units of the upgrade that is wanted of this one. */
async function tellRelated(unit: AskedUnit): Promise<void> {
  const known = await stepOf(unit);
  if (known !== undefined) await unit.related.ask(known);
}

/** What is known of the step; units are asked also if nothing is known. */
async function stepOf(unit: AskedUnit): Promise<Pick<PendingUpgrade, 'class' | 'urgent'> | undefined> {
  const { service, bad } = unit.record();
  const { coordinator, log, services } = unit.parts;
  const facts = unit.word.facts();
  if (facts === undefined) return undefined;
  const values = services.view(service)?.config ?? {};
  const step = { service, from: facts.from, to: facts.to, values, bad };
  return classOfStep(coordinator, step).catch((error: unknown) => {
    log.warning('what an upgrade is to its service cannot be told', { unit: unit.name, error });
    return { class: '', urgent: '' };
  });
}

/** Runs `busy-check`, and tells the postponement how it ended. What it sets by hook tools is dropped. */
export async function runBusyCheck(unit: AskedUnit): Promise<void> {
  const { clock } = unit.parts;
  const begun = clock.monotonic();
  const { outcome, failure } = await runQuestion(unit, BUSY_CHECK, { isQuiet: true });
  unit.postponement.checked(checkAnswer(outcome, failure), clock.monotonic() - begun);
}

function checkAnswer(outcome: HookOutcome, failure: string | undefined): CheckAnswer {
  if (outcome.kind === 'failed' && outcome.exitCode === EXIT_BUSY) return { kind: 'busy' };
  return failure === undefined ? { kind: 'idle' } : { kind: 'failed', failure };
}

/** A question's end is never an error of the unit: whoever asks says what comes of it. */
async function runQuestion(
  unit: HookHost,
  name: keyof typeof LIMITS,
  {
    through = () => ({}),
    ...call
  }: Pick<HookCall, 'about' | 'isQuiet' | 'pending' | 'upgrade'> & {
    /** Noted with the end of the hook. */
    readonly through?: (failure: string | undefined) => Partial<UnitRecord>;
  },
): Promise<{ readonly outcome: HookOutcome; readonly failure: string | undefined }> {
  const { parts } = unit;
  const { spec, context, outcome, logOffset } = await runToItsEnd(unit, {
    ...call,
    name,
    timeLimit: LIMITS[name],
    through: () => ({}),
  });
  context.finish();
  parts.contexts.delete(spec.run.id);
  const failure = (await hookFailure(spec, outcome, logOffset))?.message;
  await betweenFaults(`${name}.answer`, () => unit.save({ hook: null, attempts: 0, ...through(failure) }));
  parts.leftovers.add(putAsideRun(spec.runDirectory));
  return { outcome, failure };
}
