import type { NewerEntry } from '../../control/newer/newer-document.js';
import { shownRevision } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { printable } from '../../state/platform/printable.js';
import { renderTable } from '../output/table.js';
import { offerCommand, offersOf } from './offers.js';

type Entries = Readonly<Record<string, NewerEntry>>;

/**
 * Lists the newer revisions as people read them: a row for each revision that an operator may take, and the command
 * that takes it.
 * @param explain a row for every revision, with all its reasons
 */
export function newerLines(entries: Entries, explain: boolean, columns: number): readonly string[] {
  if (Object.keys(entries).length === 0) return ['no services'];
  const rows = Object.entries(entries).flatMap(([service, entry]) => rowsOf(service, entry, explain));
  const said = [
    ...Object.values(entries).flatMap(({ problems = [] }) => problems.map(printable)),
    ...Object.entries(entries).flatMap(([service, entry]) => commandLines(service, entry)),
  ];
  return [
    ...renderTable([['SERVICE', 'DEPLOYED', 'NEWER', 'CLASS', 'WHY'], ...rows], columns),
    ...(said.length > 0 ? ['', ...said] : []),
  ];
}

function rowsOf(service: string, entry: NewerEntry, explain: boolean): readonly (readonly string[])[] {
  const first = [service, shownRevision(parseFormulaId(entry.formula))];
  if (!entry.known) return [[...first, 'unknown', '-', printable(entry.why ?? '')]];
  const shown = explain ? entry.candidates : offersOf(entry);
  if (shown.length === 0) return [[...first, '-', '-', passedOver(entry)]];
  return shown.map((each, index) => [
    ...(index === 0 ? first : ['', '']),
    String(each.revision),
    each.urgent === null ? each.class : `${each.class}, ${each.urgent.toUpperCase()}`,
    printable(each.reasons.join('; ')),
  ]);
}

/** Why nothing is offered, where something is newer all the same. */
function passedOver({ candidates: [first] }: NewerEntry): string {
  return first === undefined
    ? ''
    : printable(`${first.revision} is ${first.class}: ${first.reasons.join('; ')}`);
}

function commandLines(service: string, entry: NewerEntry): readonly string[] {
  return offersOf(entry).map((offer) => {
    const purpose = offer.class === 'eligible' ? 'to take' : 'to see what';
    const rest = offer.class === 'eligible' ? '' : ' would change';
    return `${purpose} ${offer.revision}${rest}: ${offerCommand(service, offer)}`;
  });
}
