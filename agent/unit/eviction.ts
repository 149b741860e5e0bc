import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import type { UnitRecord } from '../journal/record.js';

/**
 * The requests to a unit that was removed by force while its agent was away: to stop, with its data put aside, and to
 * take hooks that fail as done, as there is nobody left who could resolve them. The tree's requests are not for it: a
 * unit there of its name would be another one. Its data is kept for good, unless somebody wanted the unit removed.
 */
export function evictionRequests(
  { isRemoval, ...by }: NonNullable<UnitRecord['evicted']>,
  { state, since }: UnitRecord,
): UnitRequests {
  return {
    ...noRequests,
    removal: { value: { ...by, ...(isRemoval !== true && { keepData: true }) }, version: 0 },
    resolved: { value: { ...by, id: `evicted ${state} ${since}`, retry: false }, version: 0 },
  };
}
