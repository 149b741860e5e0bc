import { recordRequest } from '../../state/model/history.js';
import { type RequestEvent, requestEntry } from '../../state/model/history-entry.js';
import type { Requester } from '../../state/model/requester.js';
import type { Output } from '../output/output.js';
import type { Session } from '../../control/session.js';

/** Notes in a service's history what was asked of it. What was asked stands, also where it cannot be noted. */
export async function record(
  { coordinator }: Session,
  output: Output,
  service: string,
  requester: Requester,
  request: RequestEvent,
): Promise<void> {
  try {
    await recordRequest(coordinator, service, requestEntry(requester, request));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    output.warn(`the history of ${service} does not tell of this: ${reason}`);
  }
}
