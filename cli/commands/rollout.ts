import { askRollout } from '../../control/rollout/ask-rollout.js';
import { requireRollout } from '../../control/rollout/read-rollout.js';
import { finishCommand } from '../../control/status/next-of-rollout.js';
import { rolloutDocument } from '../../control/rollout/rollout-document.js';
import { type RolloutVerb, rolloutVerbs } from '../../control/rollout/verbs.js';
import type { Session } from '../../control/session.js';
import type { Problem } from '../../state/model/entity.js';
import { goalOf, type Rollout } from '../../state/model/rollout.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';
import { followClone } from '../rollout/follow-clone.js';
import { followedRollout } from '../rollout/follow-rollout.js';
import { rolloutLines } from '../rollout/rollout-lines.js';

export interface RolloutCommandOptions extends FollowOptions {
  readonly reason?: string;
  readonly keep?: boolean;
  readonly force?: boolean;
  readonly format: Format;
}

/** Verbs after which units go on, so that they are followed. */
const FOLLOWED: ReadonlySet<string> = new Set(['resume', 'promote', 'revert', 'retry']);

/** Shows a service's rollout, follows it, or asks something of it. */
export async function rollout(
  verb: string,
  service: string,
  options: RolloutCommandOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { reason, keep = false, force = false } = options;
  if (reason !== undefined && !isVerb(verb))
    throw invocation.misuse(`rollout ${verb} asks for nothing, so --reason has nothing to say`);
  if (keep && verb !== 'promote')
    throw invocation.misuse(`--keep says what \`rollout promote\` of a clone leaves, not rollout ${verb}`);
  if (force && verb !== 'promote')
    throw invocation.misuse(
      `--force has \`rollout promote\` take a clone that is too small, not rollout ${verb}`,
    );
  if (options.format !== 'table' && verb !== 'status' && verb !== 'history')
    throw invocation.misuse('--format says how `rollout status` and `rollout history` print');
  if (verb === 'history') {
    const { history } = await import('./history.js');
    return history(service, { what: ['upgrade', 'revert', 'rollout'], format: options.format }, invocation);
  }
  return withSession<ExitCode>(invocation, async (session) => {
    if (verb === 'status') return show(session, service, options.format, invocation);
    if (!isVerb(verb)) {
      const { rollout: found } = await requireRollout(session.coordinator, service, systemClock.now());
      return follow(session, service, found.value, { ...options, wait: true }, invocation);
    }
    const by = requester(systemClock.now());
    const after = await askRollout(session.coordinator, service, verb, by, reason ?? '', { keep, force });
    invocation.output.notice(`the rollout of ${service} to ${goalOf(after)} is ${after.state}`);
    if (FOLLOWED.has(verb)) return follow(session, service, after, options, invocation);
    if (verb === 'abort') {
      tellOfBoth(service, after, invocation);
      // What was not begun is taken back at once.
      await followedRollout(session, service).begin();
    }
    return 0;
  });
}

/** Where a promotion is aborted, what has moved to the clone stays there. */
function tellOfBoth(service: string, { clone, promoted }: Rollout, { output }: Invocation): void {
  if (clone === undefined || promoted !== true) return;
  output.notice(`${service} and ${clone.service} both stay; what moved to ${clone.service} stays there`);
  output.notice(`  to have ${service} go: ${finishCommand(service)}`);
}

function isVerb(text: string): text is RolloutVerb {
  return rolloutVerbs.some((verb) => verb === text);
}

async function show(
  { coordinator }: Session,
  service: string,
  format: Format,
  { output }: Invocation,
): Promise<ExitCode> {
  const problems: Problem[] = [];
  const read = await requireRollout(coordinator, service, systemClock.now(), problems);
  for (const { path, reason } of problems)
    output.warn(`${printable(path)} cannot be read: ${printable(reason)}; the rest is here`);
  const document = rolloutDocument(service, read);
  await printData(output, format, document, (columns) => rolloutLines(document, columns));
  return 0;
}

async function follow(
  session: Session,
  service: string,
  found: Rollout,
  options: FollowOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if (found.clone !== undefined) return followClone(session, service, found, options, invocation);
  const { decision } = await requireRollout(session.coordinator, service, systemClock.now());
  const units = decision.units.map(({ unit }) => unit.name);
  const wantsBack = found.revert === true;
  const goal = {
    service,
    kind: 'upgraded',
    formula: goalOf(found),
    forced: new Map<string, string>(),
    ...(wantsBack && { back: true as const }),
  } as const;
  return followAndTell(session, invocation, goal, units, {
    ...options,
    rollout: followedRollout(session, service, wantsBack),
  });
}
