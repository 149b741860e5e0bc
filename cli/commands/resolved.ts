import { type ResolveEvent, resolveErrors } from '../../control/unit/resolve.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import { warnOfAbsentAgents } from '../follow/follow-and-tell.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface ResolvedOptions {
  readonly retry?: boolean;
  readonly all?: boolean;
}

/**
 * Asks a unit, or one relation of it, or everything that is in error of a service or of all to go on.
 * @param subject a unit or a service
 */
export async function resolved(
  subject: string | undefined,
  relation: string | undefined,
  { retry = false, all = false }: ResolvedOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if (all === (subject !== undefined)) throw invocation.misuse('name a unit or a service, or give --all');
  if (relation !== undefined && !subject?.includes('/'))
    throw invocation.misuse(`a relation in error is one of a unit: name the unit with ${relation}`);
  return withSession<ExitCode>(invocation, async (session) => {
    const request = { subject, relation, retry, by: requester(systemClock.now()) };
    const units = await resolveErrors(session, request, (event) =>
      invocation.output.notice(sentence(event, subject, retry)),
    );
    await warnOfAbsentAgents(session, invocation, units);
    return 0;
  });
}

function sentence(event: ResolveEvent, subject: string | undefined, retry: boolean): string {
  switch (event.kind) {
    case 'asked': {
      const what = retry ? 'run the failed hook again' : 'take the failed hook as done';
      const where = event.relation === undefined ? '' : ` of relation ${event.relation}`;
      const service = serviceOfUnit(event.unit);
      return `${event.unit} is asked to ${what}${where}; see how far with: ensemble status ${service}`;
    }
    case 'not-in-error':
      return `${event.unit} is not in error any more`;
    case 'remains': {
      const { unit } = event;
      const name = printable(event.relation);
      return `its relation ${name} is in error too: ensemble resolved --retry ${unit} ${name}`;
    }
    case 'nothing':
      return `nothing ${subject === undefined ? '' : `of ${subject} `}is in error`;
  }
}
