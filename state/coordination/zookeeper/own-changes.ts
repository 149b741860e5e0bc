import type { Operation } from '../coordinator.js';
import { seenNames } from './looks.js';
import { parentOf } from './paths.js';
import type { Watches } from './watches.js';

type Names = readonly string[] | undefined;

/**
 * Says to those who observe names that this client is about to create or remove some, so that they need not be read
 * again for that.
 * @param full the full path of a caller's
 * @returns what is to be called with whether the transaction was applied
 */
export function ownChanges(
  observed: Watches<Names>,
  operations: readonly Operation[],
  full: (path: string) => string,
): (applied: boolean) => void {
  if (!observed.isUsed()) return () => undefined;
  const changes = new Map<string, { name: string; isThere: boolean }[]>();
  for (const { kind, path } of operations) {
    if (kind !== 'create' && kind !== 'remove') continue;
    const whole = full(path);
    const parent = parentOf(whole);
    if (!observed.isObserved(parent)) continue;
    const change = { name: whole.slice(whole.lastIndexOf('/') + 1), isThere: kind === 'create' };
    const others = changes.get(parent);
    if (others === undefined) changes.set(parent, [change]);
    else others.push(change);
  }
  const ends = [...changes].map(([parent, made]) => {
    const end = observed.changing(parent, made.length);
    return (applied: boolean): void => end(applied ? (before) => seenNames(after(before, made)) : undefined);
  });
  return (applied) => {
    for (const end of ends) end(applied);
  };
}

function after(
  before: Names,
  changes: readonly { readonly name: string; readonly isThere: boolean }[],
): Names {
  const names = new Set(before);
  for (const { name, isThere } of changes) {
    if (isThere) names.add(name);
    else names.delete(name);
  }
  return [...names].sort();
}
