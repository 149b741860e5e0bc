import { unholdCommand } from '../../control/hold/errors.js';
import type { StatusDocument } from '../../control/status/status-document.js';
import { type Hold, holdText } from '../../state/model/hold.js';
import { printable } from '../../state/platform/printable.js';

/** Who holds what, and what ends each hold; nothing where nobody holds anything. */
export function holdLines({ services }: Pick<StatusDocument, 'services'>): readonly string[] {
  const lines = Object.entries(services).flatMap(([service, { holds = [], units }]) => [
    ...holds.map((hold) => lineOf(service, service, hold)),
    ...Object.entries(units).flatMap(([unit, entry]) =>
      (entry.holds ?? []).map((hold) => lineOf(service, unit, hold)),
    ),
  ]);
  return lines.map(printable);
}

function lineOf(service: string, what: string, hold: Hold): string {
  const level = hold.level === 'auto' ? ' (from what goes by itself only)' : '';
  return `${what} is ${holdText(hold)}${level}; that ends by: ${unholdCommand(service, [hold])}`;
}
