import type { NewerKnown, ServiceEntry, StatusDocument } from '../../control/status/status-document.js';
import { noticesFile, readNoticesOf } from '../notices/notices-file.js';
import type { KnownOffer } from '../notices/record.js';
import { ownVariables } from '../../state/platform/variables.js';

/**
 * The document with what this user's notices know to be newer, for services of which the state says nothing of the kind.
 * @param state the URL of the environment's state
 */
export function withKnown(status: StatusDocument, state: string): StatusDocument {
  const entry = readNoticesOf(noticesFile(ownVariables()), state);
  if (entry === undefined) return status;
  const services = Object.entries(status.services).map(([name, service]): [string, ServiceEntry] => {
    const known = Object.hasOwn(entry.offers, name) ? entry.offers[name] : undefined;
    const isSame = known?.formula === service.formula && service.newer === undefined;
    return [name, isSame ? { ...service, newer: knownOf(known.offers) } : service];
  });
  return { ...status, services: Object.fromEntries(services) };
}

function knownOf(offers: readonly KnownOffer[]): NewerKnown {
  const highest = (fits: (offer: KnownOffer) => boolean): number | null =>
    offers.filter(fits).reduce<number | null>((most, { revision }) => Math.max(most ?? 0, revision), null);
  return {
    eligible: highest((each) => each.class === 'eligible'),
    questionable: highest((each) => each.class === 'questionable'),
    urgent: highest(({ urgent }) => urgent !== null),
  };
}

/** What is newer in a few words: `10, 9 urgent`, `11 questionable`. */
export function newerCell(known: NewerKnown | undefined): string {
  if (known === undefined) return '-';
  const { eligible, questionable, urgent } = known;
  const parts = [
    ...(eligible === null ? [] : [`${eligible}`]),
    ...(questionable === null || questionable < (eligible ?? 0) ? [] : [`${questionable} questionable`]),
    ...(urgent === null ? [] : [`${urgent} urgent`]),
  ];
  return parts.join(', ');
}
