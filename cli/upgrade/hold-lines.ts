import { unholdCommand } from '../../control/hold/errors.js';
import type { HeldUnit } from '../../control/hold/held-back.js';
import { namesOf } from '../../control/names-of.js';
import { holdText } from '../../state/model/hold.js';
import { printable } from '../../state/platform/printable.js';

/** Which units stay as they are because somebody holds them, whose hold it is, and what ends it: a line for each reason. */
export function heldLines(held: readonly HeldUnit[], service: string): readonly string[] {
  return byReason(held).map(([reason, units]) => {
    const ends = unholdCommand(
      service,
      units.flatMap(({ holds }) => holds),
    );
    const names = namesOf(units.map(({ unit }) => unit));
    return printable(
      `${names} ${units.length === 1 ? 'stays' : 'stay'} as before, ${reason}; that ends by: ${ends}`,
    );
  });
}

/** Whose holds a command goes over. */
export function overriddenLines(overridden: readonly HeldUnit[]): readonly string[] {
  return byReason(overridden).map(([reason, units]) => {
    const names = namesOf(units.map(({ unit }) => unit));
    return printable(`${names} ${units.length === 1 ? 'is' : 'are'} ${reason}, and asked all the same`);
  });
}

/** Units that are held alike, together. */
function byReason(held: readonly HeldUnit[]): readonly (readonly [string, readonly HeldUnit[]])[] {
  const found = new Map<string, HeldUnit[]>();
  for (const each of held) {
    const reason = each.holds.map(holdText).join('; ');
    found.set(reason, [...(found.get(reason) ?? []), each]);
  }
  return [...found];
}
