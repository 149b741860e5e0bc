import type { Coordinator } from '../../state/coordination/coordinator.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import { requestEntry } from '../../state/model/history-entry.js';
import type { Requester } from '../../state/model/requester.js';
import { editService, requireService } from '../../state/model/services.js';
import { policyText, type WrittenPolicy } from '../../state/model/upgrade-policy.js';

/** What of a policy is to be another one; an empty list of windows takes all away. */
export type PolicyChange = Partial<WrittenPolicy>;

/**
 * Sets what the watcher may do about newer revisions of a service's formula; what is not named stays as it is.
 * @returns all of it
 * @throws ServiceNotFound, ServiceDestroying
 */
export async function setPolicy(
  coordinator: Coordinator,
  service: string,
  change: PolicyChange,
  requester: Requester,
): Promise<WrittenPolicy> {
  const before = (await requireService(coordinator, service)).value.policy;
  const edited = await editService(
    coordinator,
    service,
    (current) => {
      if (current.destroying) throw new ServiceDestroying({ service });
      return { ...current, policy: merged(current.policy, change) };
    },
    requestEntry(requester, { what: 'upgrade-policy', message: policyText(merged(before, change)) }),
  );
  return edited.policy ?? merged(undefined, change);
}

function merged(before: WrittenPolicy | undefined, change: PolicyChange): WrittenPolicy {
  const { windows, zone, ...next }: WrittenPolicy = { mode: 'notify', ...before, ...change };
  // Without windows there is nothing that a zone would be of.
  return windows === undefined || windows.length === 0
    ? next
    : { ...next, windows, ...(zone !== undefined && { zone }) };
}
