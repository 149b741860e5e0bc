import { nodeValue } from '../../state/model/entity.js';
import { checkLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import type { Settings } from '../../state/model/schemas.js';
import { betweenFaults } from '../fault-points.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { AgentParts } from '../parts.js';
import { readableSettings } from '../tree/relations.js';
import type { Participant } from './participation.js';

/** The setting that the agent makes by itself. */
const KEY = 'private-address';

/** In a record's list of addresses: none was known. */
const NONE = '';

/** What a relation's record says as long as the agent sets this address in it. */
export function addressesOf(address: string | undefined): readonly string[] {
  return [address ?? NONE];
}

/** The list with an address that the agent is about to set; those before it may stand in the tree still. */
export function withAddress(addresses: readonly string[], address: string): readonly string[] {
  return [...addresses.filter((each) => each !== address), address].slice(-8);
}

/** A unit's first settings in a relation. */
export function firstSettings(addresses: readonly string[]): Settings {
  const address = addresses.at(-1) ?? NONE;
  return address === NONE ? {} : { [KEY]: address };
}

/**
 * Sets the last address of the record's list in the unit's settings, so that the others run `changed`; but only in the
 * place of one of that list: what a hook has set there, or deleted, stays.
 */
export async function tellAddress(
  { coordinator, writer }: AgentParts,
  { meeting, unit, addresses = [] }: RelationRecord,
  { incarnation, evicted }: Participant,
): Promise<void> {
  const path = paths.settings(meeting, unit);
  await betweenFaults('relation.address', () =>
    writer.write(async () => {
      const current = evicted === undefined ? await coordinator.get(path) : undefined;
      if (current === undefined) return [];
      const settings = readableSettings(current);
      if (!addresses.includes(settings[KEY] ?? NONE)) return [];
      const value = nodeValue({ ...settings, ...firstSettings(addresses) });
      if (value === nodeValue(settings)) return [];
      return [...checkLife(unit, incarnation), { kind: 'set', path, value, version: current.version }];
    }),
  );
}
