import type { Settings } from '../../state/model/relation-schemas.js';

/** The setting that the agent makes by itself. */
export const ADDRESS_SETTING = 'private-address';

/** In a record's list of addresses: none was known. */
export const NO_ADDRESS = '';

/** The addresses in a relation's record as long as the agent sets this address in it. */
export function addressesOf(address: string | undefined): readonly string[] {
  return [address ?? NO_ADDRESS];
}

/** The list with an address that the agent is about to set; those before it may stand in the tree still. */
export function withAddress(addresses: readonly string[], address: string): readonly string[] {
  return [...addresses.filter((each) => each !== address), address].slice(-8);
}

/** A unit's first settings in a relation. */
export function firstSettings(addresses: readonly string[]): Settings {
  const address = addresses.at(-1) ?? NO_ADDRESS;
  return address === NO_ADDRESS ? {} : { [ADDRESS_SETTING]: address };
}
