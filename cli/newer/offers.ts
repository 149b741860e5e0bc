import type { NewerEntry } from '../../control/newer/newer-document.js';

type Candidate = NewerEntry['candidates'][number];

/** A newer revision that an operator may take. */
export type Offer = Pick<Candidate, 'revision' | 'urgent'> & { readonly class: 'eligible' | 'questionable' };

/** The highest eligible one, and before it the highest questionable one where that is higher. */
export function offersOf({
  eligible,
  questionable,
  candidates,
}: Pick<NewerEntry, 'eligible' | 'questionable' | 'candidates'>): readonly Candidate[] {
  return candidates.filter(
    ({ revision }) => revision === eligible || (revision === questionable && revision > (eligible ?? -1)),
  );
}

/**
 * What to type for an offer, by its number: so what is taken is what was shown, whatever is published meanwhile. What may
 * break something is looked at first.
 */
export function offerCommand(service: string, offer: Pick<Candidate, 'revision' | 'class'>): string {
  return offer.class === 'eligible'
    ? `ensemble upgrade-formula --revision ${offer.revision} ${service}`
    : `ensemble upgrade-formula --dry-run --revision ${offer.revision} ${service}`;
}
