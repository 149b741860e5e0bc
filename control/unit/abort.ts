import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readEntity } from '../../state/model/entity.js';
import { NoHookRuns } from '../../state/model/errors.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { recordOperations } from '../../state/model/history.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { requestOf } from '../../state/model/requests.js';
import type { Abort } from '../../state/model/request-schemas.js';
import { type UnitStatus, statusSchema } from '../../state/model/unit-schemas.js';
import { requireUnit } from '../../state/model/units.js';

/** The hook that can be aborted, as the unit's status tells it. */
export interface Abortable {
  /** The hook that runs, or the command in its place; undefined where one waits for its next try. */
  readonly hook: UnitStatus['hook'];
  /** The name of the hook that waits; empty where one runs. */
  readonly waiting: string;
  readonly machine: string | null;
}

/**
 * Asks a unit's agent to end the hook that runs, or to give up one that waits for its next try. That is on its service's
 * record. The request names the process that was seen, or the waiting hook, so that it ends nothing else.
 * @throws UnitNotFound, NoHookRuns
 */
export async function requestAbort(
  coordinator: Coordinator,
  unit: string,
  requester: Requester,
): Promise<Abortable> {
  const { machine } = (await requireUnit(coordinator, unit)).value;
  const status = (await readEntity(coordinator, paths.status(unit), statusSchema))?.value;
  const hook = status?.hook;
  const waiting = hook === undefined ? waitingOf(status) : undefined;
  if (hook === undefined && waiting === undefined)
    throw new NoHookRuns({ unit, state: status?.state ?? 'pending' });
  const message = hook === undefined ? `${waiting?.hook}, waiting` : `${hook.name}, pid ${hook.pid}`;
  const asked = requestEntry(requester, { what: 'abort', unit, message });
  const request: Abort = { ...requester, id: randomUUID(), ...(hook ? { pid: hook.pid } : { waiting }) };
  await requestOf(coordinator, paths.abort(unit), request, () =>
    recordOperations(coordinator, [serviceOfUnit(unit)], asked),
  );
  return { hook, waiting: waiting?.hook ?? '', machine };
}

/** The unit's own hook first, as it keeps those of relations waiting too. */
function waitingOf(status: UnitStatus | undefined): Abort['waiting'] {
  if (status?.waiting !== undefined) {
    const { hook, since } = status.waiting;
    return { hook, since };
  }
  for (const [relation, { waiting }] of Object.entries(status?.relations ?? {}))
    if (waiting !== undefined) return { hook: waiting.hook, since: waiting.since, relation };
  return undefined;
}
