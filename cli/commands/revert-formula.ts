import { systemClock } from '../../state/platform/clock.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import {
  type RelationsCheck,
  type Reverted,
  revertService,
  revertUnit,
} from '../../control/upgrade/revert.js';
import { readServiceState } from '../../control/status/snapshot.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { RelationsInUse } from '../../control/errors.js';
import { parametersOf, type RolloutOptions } from '../arguments/rollout-words.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { FollowedRollout } from '../follow/followed-rollout.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import type { Session } from '../../control/session.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { followedRollout } from '../rollout/follow-rollout.js';
import { heldLines, overriddenLines } from '../upgrade/hold-lines.js';
import { misfitLines } from '../upgrade/sentences.js';

export interface RevertOptions extends FollowOptions, RolloutOptions {
  readonly force?: boolean;
}

/** Takes a service, or single units, back to the formula before, and follows them there. */
export async function revertFormula(
  names: readonly string[],
  options: RevertOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const [first = ''] = names;
  return withSession<ExitCode>(invocation, async (session) => {
    const [word] = Object.keys(parametersOf(options));
    if (first.includes('/') && word !== undefined)
      throw invocation.misuse(`units go back at once, so --${word} has nothing to say`);
    if (first.includes('/')) return revertEach(session, names, options, invocation);
    const before = await errorsOf(session, first);
    const by = requester(systemClock.now());
    const reverted = await revertService(
      session.coordinator,
      first,
      by,
      checking(first, options, invocation),
      {
        ...(options.force !== undefined && { force: options.force }),
        rollout: parametersOf(options),
      },
    );
    invocation.trace.given.set(first, reverted.to);
    invocation.output.notice(`${first} goes back from ${reverted.from} to ${reverted.to}`);
    tellHolds(first, reverted, invocation);
    const held = new Set(reverted.holds?.held.map(({ unit }) => unit));
    const all = (await readServiceState(session.coordinator, first))?.units.map(({ name }) => name) ?? [];
    const units = all.filter((unit) => !held.has(unit));
    // Nobody goes back who was asked to: that is not what the command is for.
    if (units.length === 0 && held.size > 0) return 1;
    const led = { ...options, rollout: followedRollout(session, first, true) };
    return follow(session, invocation, led, first, { left: reverted.from, ...reverted }, units, before);
  });
}

async function revertEach(
  session: Session,
  units: readonly string[],
  options: RevertOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  let worst: ExitCode = 0;
  for (const unit of units) {
    const before = await errorsOf(session, serviceOfUnit(unit));
    const by = requester(systemClock.now());
    const check = checking(serviceOfUnit(unit), options, invocation);
    const reverted = await revertUnit(session.coordinator, unit, by, check, options.force);
    tellHolds(serviceOfUnit(unit), reverted, invocation);
    invocation.output.notice(`${unit} goes back from ${reverted.from} to ${reverted.to}`);
    const code = await follow(session, invocation, options, serviceOfUnit(unit), reverted, [unit], before);
    if (code !== 0) worst = code;
  }
  return worst;
}

/** Says which units stay because somebody holds them, or whose holds the command goes over. */
function tellHolds(service: string, { holds }: Reverted, { output }: Invocation): void {
  for (const line of heldLines(holds?.held ?? [], service)) output.warn(line);
  for (const line of overriddenLines(holds?.overridden ?? [])) output.warn(line);
}

/** Refuses to break relations in use, or says by force which are. */
function checking(service: string, { force = false }: RevertOptions, { output }: Invocation): RelationsCheck {
  return (formula, relations) => {
    if (!force) throw new RelationsInUse({ service, formula, faults: relations });
    for (const line of misfitLines({ relations, config: [] }, formula)) output.warn(line);
  };
}

/** The units in an error state, with its `since`: as long as one still stands there it has not failed but not begun. */
async function errorsOf(session: Session, service: string): Promise<ReadonlyMap<string, string>> {
  const units = (await readServiceState(session.coordinator, service))?.units ?? [];
  return new Map(
    units.filter(({ status }) => isErrorState(status.state)).map(({ name, status }) => [name, status.since]),
  );
}

function follow(
  session: Session,
  invocation: Invocation,
  options: FollowOptions & { readonly rollout?: FollowedRollout },
  service: string,
  { to, before, left }: Reverted & { readonly left?: string },
  units: readonly string[],
  forced: ReadonlyMap<string, string>,
): Promise<ExitCode> {
  return followAndTell(
    session,
    invocation,
    { service, kind: 'upgraded', back: true, formula: to, before, left, forced },
    units,
    options,
  );
}
