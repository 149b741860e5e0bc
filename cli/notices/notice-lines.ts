import { urgencyText } from '../../control/newer/reasons.js';
import { shownRevision } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { printable } from '../../state/platform/printable.js';
import { offerCommand } from '../newer/offers.js';
import type { Notice } from './due.js';
import type { KnownOffer } from './record.js';

/** Lines of a block at most, besides the last one. */
const MOST_LINES = 6;

/**
 * The block of notices, what is urgent first. Each line names the command for the revision that it tells of.
 * @param introduce the file of environments, where it is said how to turn notices off
 */
export function noticeLines(notices: readonly Notice[], introduce: string | undefined): readonly string[] {
  const all = notices
    .flatMap(({ service, formula, offers }) => offers.map((offer) => ({ service, formula, offer })))
    .sort((a, b) => rank(a.offer) - rank(b.offer));
  // One line more says no less than a line that there is one more.
  const shown = all.length <= MOST_LINES + 1 ? all : all.slice(0, MOST_LINES);
  const rest = all.length - shown.length;
  return [
    ...shown.map(({ service, formula, offer }) => lineOf(service, formula, offer)),
    ...(rest > 0 ? [`newer: ${rest} more; all of it: ensemble newer`] : []),
    ...(introduce === undefined
      ? []
      : [
          `each newer revision is told once; to be told nothing: export ENSEMBLE_NO_NOTICES=1 in the shell, or \`notices: off\` in ${printable(introduce)}`,
        ]),
  ];
}

function rank({ urgent }: KnownOffer): number {
  return urgent === null ? 1 : 0;
}

function lineOf(service: string, formula: string, offer: KnownOffer): string {
  const { revision, urgent } = offer;
  const runs = `${printable(service)}, which runs revision ${shownRevision(parseFormulaId(formula))}`;
  const risk = offer.class === 'eligible' ? '' : 'may break something';
  const way = `${offer.class === 'eligible' ? 'to take it' : 'to see what it would change'}: ${offerCommand(service, offer)}`;
  if (urgent !== null) {
    const what = [urgencyText(urgent), ...(risk === '' ? [] : [risk])].join(' and ');
    return `${urgent.toUpperCase()}: revision ${revision} of ${runs}, ${what}; ${way}`;
  }
  return `newer: revision ${revision} of ${runs}, ${risk === '' ? 'is compatible' : risk}; ${way}`;
}
