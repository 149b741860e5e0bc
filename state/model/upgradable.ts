/**
 * The one opinion on whether a unit has to be upgraded, for commands and agents alike: it does not run what its service
 * points at. A unit that has installed nothing yet takes the service's formula when it installs.
 */
export function needsUpgrade(unitFormula: string | null | undefined, serviceFormula: string): boolean {
  return unitFormula !== null && unitFormula !== undefined && unitFormula !== serviceFormula;
}
