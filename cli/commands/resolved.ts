import type { Session } from '../../control/session.js';
import {
  readServiceState,
  readSnapshot,
  readUnitState,
  type UnitState,
} from '../../control/status/snapshot.js';
import { systemClock } from '../../state/platform/clock.js';
import { UnitNotFound, UnitNotInError } from '../../state/model/errors.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { RelationNotInError } from '../../state/model/relation-errors.js';
import { relationsInError, requestRelationResolved, requestResolved } from '../../state/model/requests.js';
import { requireService } from '../../state/model/services.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { warnOfAbsentAgents } from '../follow/follow-and-tell.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { printable } from '../../state/platform/printable.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface ResolvedOptions {
  readonly retry?: boolean;
  readonly all?: boolean;
}

/** One thing in error: a unit, or one relation of it. */
interface InError {
  readonly unit: string;
  readonly relation: string | undefined;
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
  const isUnit = subject?.includes('/') === true;
  if (relation !== undefined && !isUnit)
    throw invocation.misuse(`a relation in error is one of a unit: name the unit with ${relation}`);
  return withSession<ExitCode>(invocation, async (session) => {
    const { output } = invocation;
    if (subject !== undefined && isUnit) {
      await resolve(session, { unit: subject, relation }, retry, invocation);
      if (relation === undefined) await tellOfRelations(session, subject, invocation);
      await warnOfAbsentAgents(session, invocation, [subject]);
      return 0;
    }
    const found = inErrorOf(await unitsOf(session, subject));
    if (found.length === 0)
      output.notice(`nothing ${subject === undefined ? '' : `of ${subject} `}is in error`);
    const asked = new Set<string>();
    for (const each of found) {
      try {
        await resolve(session, each, retry, invocation);
        asked.add(each.unit);
      } catch (error) {
        // Others may be faster, which keeps none of the rest waiting.
        if (![UnitNotInError, RelationNotInError, UnitNotFound].some((kind) => error instanceof kind))
          throw error;
        output.notice(`${each.unit} is not in error any more`);
      }
    }
    await warnOfAbsentAgents(session, invocation, [...asked]);
    return 0;
  });
}

async function resolve(
  { coordinator }: Session,
  { unit, relation }: InError,
  retry: boolean,
  { output }: Invocation,
): Promise<void> {
  const by = requester(systemClock.now());
  if (relation === undefined) await requestResolved(coordinator, unit, retry, by);
  else await requestRelationResolved(coordinator, unit, relation, retry, by);
  const what = retry ? 'run the failed hook again' : 'take the failed hook as done';
  const where = relation === undefined ? '' : ` of relation ${relation}`;
  const service = serviceOfUnit(unit);
  output.notice(`${unit} is asked to ${what}${where}; see how far with: ensemble status ${service}`);
}

/** A unit's own error and those of its relations are resolved apart. */
async function tellOfRelations(
  { coordinator }: Session,
  unit: string,
  { output }: Invocation,
): Promise<void> {
  const failed = relationsInError((await readUnitState(coordinator, unit))?.status);
  for (const name of failed.map(({ relation }) => printable(relation)))
    output.notice(`its relation ${name} is in error too: ensemble resolved --retry ${unit} ${name}`);
}

/** @throws ServiceNotFound */
async function unitsOf({ coordinator }: Session, service: string | undefined): Promise<readonly UnitState[]> {
  if (service === undefined) return (await readSnapshot(coordinator)).services.flatMap(({ units }) => units);
  await requireService(coordinator, service);
  return (await readServiceState(coordinator, service))?.units ?? [];
}

function inErrorOf(units: readonly UnitState[]): readonly InError[] {
  return units.flatMap(({ name, status }) => [
    ...(isErrorState(status.state) ? [{ unit: name, relation: undefined }] : []),
    ...Object.entries(status.relations ?? {})
      .filter(([, { state }]) => state === 'error')
      .map(([relation]) => ({ unit: name, relation })),
  ]);
}
