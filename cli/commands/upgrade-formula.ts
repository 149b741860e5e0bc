import { trialsOf } from '../../control/candidates/trials.js';
import { namesOf } from '../../control/names-of.js';
import type { FollowEnd } from '../../control/progress/follow.js';
import type { Session } from '../../control/session.js';
import { type Outcome, outcomeOf } from '../../control/upgrade/outcome.js';
import { type Preview, previewUpgrade } from '../../control/upgrade/preview.js';
import type { UpgradeRequest } from '../../control/upgrade/upgrade-request.js';
import { type Upgrade, upgradeService } from '../../control/upgrade/upgrade.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { Rollout } from '../../state/model/rollout.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { systemClock } from '../../state/platform/clock.js';
import { parametersOf, type RolloutOptions } from '../arguments/rollout-words.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';
import { followClone } from '../rollout/follow-clone.js';
import { followedRollout } from '../rollout/follow-rollout.js';
import { tellCandidate } from '../upgrade/candidate-lines.js';
import { heldLines, overriddenLines } from '../upgrade/hold-lines.js';
import { keepAsked } from '../upgrade/keep-asked.js';
import { previewLines } from '../upgrade/preview-lines.js';
import { errorLines, leftOutLines, nothingToDo } from '../upgrade/sentences.js';
import { tellUpgrade } from '../upgrade/tell-upgrade.js';
import { type PrintTrial, tryTogether } from '../upgrade/try-together.js';

export interface UpgradeOptions extends FollowOptions, RolloutOptions {
  readonly repository?: string;
  readonly revision?: number;
  readonly candidate?: string;
  readonly compatible?: boolean;
  readonly bump?: boolean;
  readonly dryRun?: boolean;
  readonly unit?: readonly string[];
  readonly force?: boolean;
  readonly revertOnError?: boolean;
  readonly format: Format;
}

interface AttemptOptions extends UpgradeOptions {
  /** The candidates that are tried together with this one. */
  readonly along?: readonly string[];
  readonly print?: PrintTrial;
}

/** Upgrades a service to a newer revision of its formula and follows its units, or with `--dry-run` says what it would do. */
export async function upgradeFormula(
  service: string,
  options: UpgradeOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const {
    repository,
    revision,
    candidate,
    compatible,
    bump,
    unit: units,
    force = false,
    revertOnError = false,
  } = options;
  if (bump && revision !== undefined) {
    throw invocation.misuse('--bump makes a new revision, so --revision cannot choose one');
  }
  if (compatible && (bump || revision !== undefined))
    throw invocation.misuse(`--compatible chooses a revision, and so does --${bump ? 'bump' : 'revision'}`);
  if (candidate !== undefined) {
    const other = bump ? 'bump' : compatible ? 'compatible' : revision === undefined ? undefined : 'revision';
    if (other !== undefined)
      throw invocation.misuse(`--candidate chooses what is taken, and so does --${other}`);
    if (units === undefined)
      throw invocation.misuse(
        `a candidate is tried in single units: name them with --unit, such as --unit ${service}/0`,
      );
  }
  const [word] = Object.keys(parametersOf(options));
  if (units !== undefined && word !== undefined)
    throw invocation.misuse(`--unit asks these units at once, so --${word} has nothing to say`);
  const done = withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    const chosen = { revision, candidate, compatible, bump, units };
    const rollout = parametersOf(options);
    const request: UpgradeRequest = { service, repository, ...chosen, force, revertOnError, rollout, by };
    if (candidate === undefined || units === undefined) return attempt(session, request, options, invocation);
    const trials = await trialsOf(session.coordinator, service, candidate, units);
    if (trials.length === 1) return attempt(session, request, options, invocation);
    return tryTogether(trials, options.format, invocation, (trial, print) => {
      const along = trials.map((each) => each.candidate);
      const own = { ...options, candidate: trial.candidate, unit: trial.units, along, print };
      const place = trial.service === service ? repository : undefined;
      return attempt(session, { ...request, ...trial, repository: place }, own, invocation);
    });
  });
  return done.catch((error: unknown) => {
    throw keepAsked(error, options);
  });
}

/** Asks for one upgrade, and follows it. */
async function attempt(
  session: Session,
  request: UpgradeRequest,
  options: AttemptOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  const { service } = request;
  if (options.dryRun) {
    const found = await previewUpgrade(session, request, tellUpgrade(output));
    await print(options, invocation, found, () => previewLines(found));
    return 0;
  }
  const upgrade = await upgradeService(session, request, systemClock.now(), tellUpgrade(output));
  invocation.trace.given.set(service, upgrade.target.id);
  if (upgrade.rollout?.clone !== undefined)
    return cloned(session, upgrade, upgrade.rollout, upgrade.rollout.clone.service, options, invocation);
  if (upgrade.plan.upgrade.length === 0 && upgrade.rollout !== undefined)
    await followedRollout(session, service).begin();
  return upgrade.plan.upgrade.length === 0
    ? tellNothingToDo(upgrade, options, invocation)
    : follow(session, upgrade, options, invocation);
}

/** Prints what programs get, unless that is for whoever asked for several. */
function print(
  options: AttemptOptions,
  { output }: Invocation,
  found: Outcome | Preview,
  lines: () => readonly string[],
): Promise<void> {
  return options.print === undefined
    ? printData(output, options.format, found, lines)
    : options.print(found, lines);
}

async function tellNothingToDo(
  { name, service, target, plan }: Upgrade,
  options: AttemptOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  const isNewest = target.passedOver.length === 0;
  output.notice(nothingToDo({ name, service }, target.id, options, plan, isNewest));
  for (const line of leftOutLines(plan, againWords(name, target.id, options))) output.notice(line);
  for (const line of heldLines(plan.held, name)) output.warn(line);
  if (options.format !== 'table') {
    const outcome = outcomeOf(
      { service: name, from: service.formula, to: target.id },
      [],
      undefined,
      plan.held,
    );
    await print(options, invocation, outcome, () => []);
  }
  // Nobody runs it who was asked to: that is not what the command is for.
  return plan.wentBack.length + plan.held.length > 0 ? 1 : 0;
}

/** Says what of a rollout that somebody began before is another from now on. */
function changedLines({ rollout, begun }: Upgrade, options: UpgradeOptions): readonly string[] {
  const words = Object.entries(parametersOf(options)).map(([word, text]) => `${word} ${text}`);
  if (rollout === undefined || begun || words.length === 0) return [];
  return [`the rollout that is under way goes by ${words.join(', ')} from now on`];
}

async function cloned(
  session: Session,
  { name, service, target }: Upgrade,
  rollout: Rollout,
  clone: string,
  options: UpgradeOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  output.notice(`making ${clone} of ${target.id}, a clone of ${name}, which stays as it is`);
  return followClone(session, name, rollout, options, invocation, async (end, units, last) => {
    if (options.format === 'table') return;
    const of = { service: name, from: service.formula, to: target.id };
    await printData(output, options.format, outcomeOf(of, units, end, [], last), () => []);
  });
}

/** The end of the command that asks for the same again. */
function againWords(service: string, target: string, { candidate, unit = [] }: UpgradeOptions): string {
  if (candidate === undefined) return `--revision ${parseFormulaId(target).revision} ${service}`;
  return [`--candidate ${candidate}`, ...unit.map((each) => `--unit ${each}`), service].join(' ');
}

async function follow(
  session: Session,
  upgrade: Upgrade,
  options: AttemptOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { name, service, target, plan, errors, machines, rollout } = upgrade;
  const { output } = invocation;
  const { force = false, format } = options;
  output.notice(`upgrading ${namesOf(plan.upgrade)} to ${target.id}`);
  for (const line of changedLines(upgrade, options)) output.notice(line);
  const again = againWords(name, target.id, options);
  for (const line of errorLines(errors, target.id, again, force)) output.warn(line);
  for (const line of leftOutLines(plan, again)) output.notice(line);
  const { candidate: key } = options;
  if (key !== undefined)
    await tellCandidate(session, output, {
      formula: target.id,
      key,
      repository: target.location,
      along: options.along ?? [key],
    });
  for (const line of [...heldLines(plan.held, name), ...overriddenLines(plan.overridden)]) output.warn(line);
  const forced = new Map(force ? [...errors].map(([unit, { since }]) => [unit, since]) : []);
  // As the service remembers it now: what single units were set to before is none to go back to.
  const { previous } =
    (await readEntity(session.coordinator, paths.service(name), serviceSchema))?.value ?? service;
  const formerly = rollout === undefined || rollout.revertTo === target.id ? previous : rollout.revertTo;
  // The service does not go where single units try a candidate.
  const before = options.candidate === undefined ? formerly : undefined;
  // A way back that led there already is gone on with.
  const isBack = rollout?.revert === true;
  const goal = {
    ...({ service: name, kind: 'upgraded', formula: target.id, before, forced } as const),
    ...(isBack && ({ back: true } as const)),
  };
  const followed = rollout && followedRollout(session, name, isBack);
  const ended = async (end: FollowEnd | undefined): Promise<void> => {
    if (format === 'table') return;
    const outcome = outcomeOf(
      { service: name, from: service.formula, to: target.id },
      plan.upgrade,
      end,
      plan.held,
      followed?.last()?.rollout ?? rollout,
    );
    await print(options, invocation, outcome, () => []);
  };
  return followAndTell(session, invocation, goal, plan.upgrade, {
    ...options,
    machines,
    ended,
    ...(followed !== undefined && { rollout: followed }),
  });
}
