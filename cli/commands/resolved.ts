import { systemClock } from '../../state/clock.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { requestRelationResolved, requestResolved } from '../../state/model/requests.js';
import { readSnapshot } from '../../control/status/snapshot.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { warnOfAbsentAgents } from '../follow/follow-and-tell.js';
import type { ExitCode, Invocation } from '../invocation.js';
import type { Session } from '../../control/session.js';
import { requester } from '../requester.js';
import { withSession } from '../session.js';

export interface ResolvedOptions {
  readonly retry?: boolean;
  readonly all?: boolean;
}

/** One thing in error: a unit, or one relation of it. */
interface InError {
  readonly unit: string;
  readonly relation: string | undefined;
}

/** Asks a unit, or one relation of it, or everything that is in error to go on. */
export async function resolved(
  unit: string | undefined,
  relation: string | undefined,
  { retry = false, all = false }: ResolvedOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if (all === (unit !== undefined)) throw invocation.misuse('name a unit, or give --all');
  return withSession<ExitCode>(invocation, async (session) => {
    const { output } = invocation;
    const found = unit === undefined ? await everythingInError(session) : [{ unit, relation }];
    if (found.length === 0) output.notice('nothing is in error');
    for (const each of found) {
      await resolve(session, each, retry);
      const what = retry ? 'run the failed hook again' : 'take the failed hook as done';
      const where = each.relation === undefined ? '' : ` of relation ${each.relation}`;
      const service = serviceOfUnit(each.unit);
      output.notice(`${each.unit} is asked to ${what}${where}; see how far with: ensemble status ${service}`);
    }
    await warnOfAbsentAgents(session, invocation, [...new Set(found.map((each) => each.unit))]);
    return 0;
  });
}

async function resolve({ coordinator }: Session, { unit, relation }: InError, retry: boolean): Promise<void> {
  const by = requester(systemClock.now());
  if (relation === undefined) await requestResolved(coordinator, unit, retry, by);
  else await requestRelationResolved(coordinator, unit, relation, retry, by);
}

async function everythingInError({ coordinator }: Session): Promise<readonly InError[]> {
  const { services } = await readSnapshot(coordinator);
  return services
    .flatMap(({ units }) => units)
    .flatMap(({ name, status }) => [
      ...(isErrorState(status.state) ? [{ unit: name, relation: undefined }] : []),
      ...Object.entries(status.relations ?? {})
        .filter(([, { state }]) => state === 'error')
        .map(([relation]) => ({ unit: name, relation })),
    ]);
}
