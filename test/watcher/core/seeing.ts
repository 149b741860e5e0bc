import type { Classified, Opinion } from '../../../control/newer/classify.js';
import { policyOf, policyText, type WrittenPolicy } from '../../../state/model/upgrade-policy.js';
import type { Seen } from '../../../watcher/core/seen.js';

/** A revision that is newer: `e` eligible, `q` of another line, `b` breaks something, `i` withdrawn; `u` urgent too. */
export type Offer = `${number}${'e' | 'q' | 'b' | 'i'}${'u' | ''}`;

const classes = { e: 'eligible', q: 'questionable', b: 'questionable', i: 'ineligible' } as const;
const reasons = {
  e: { kind: 'compatible', line: 1 },
  q: { kind: 'other-line', from: 1, to: 2 },
  b: { kind: 'break', change: 'option a is removed' },
  i: { kind: 'withdrawn' },
} as const;

/** The verdict on these offers, as `classify` would give it. */
export function opinionOn(deployed: number, offers: readonly Offer[]): Opinion {
  const candidates = offers
    .map((offer): Classified => {
      const {
        number = '',
        kind = 'e',
        urgent,
      } = /^(?<number>\d+)(?<kind>[eqbi])(?<urgent>u?)$/.exec(offer)?.groups ?? {};
      const known = kind as keyof typeof classes;
      return {
        revision: Number(number),
        class: classes[known],
        reasons: [reasons[known]],
        urgent: urgent === 'u' ? 'security' : null,
      };
    })
    .filter(({ revision }) => revision > deployed)
    .sort((a, b) => b.revision - a.revision);
  const highest = (fits: (each: Classified) => boolean): number | null =>
    candidates.find(fits)?.revision ?? null;
  return {
    deployed,
    eligible: highest((each) => each.class === 'eligible'),
    questionable: highest((each) => each.class === 'questionable'),
    urgent: highest((each) => each.class !== 'ineligible' && each.urgent !== null),
    candidates,
  };
}

/** A service `s` of revision 1 as a pass sees it. */
export function seen(
  offers: readonly Offer[] | { readonly why: string },
  policy: WrittenPolicy | undefined,
  more: Partial<Pick<Seen, 'holds' | 'rollout' | 'formula' | 'digests'>> & {
    readonly deployed?: number;
  } = {},
): Seen {
  const { deployed = 1, ...rest } = more;
  return {
    service: 's',
    formula: `r:f-${deployed}`,
    opinion: 'why' in offers ? offers : opinionOn(deployed, offers),
    digests: new Map('why' in offers ? [] : offers.map((offer) => [Number.parseInt(offer, 10), offer])),
    policy: policyOf(policy),
    policyText: policyText(policy),
    holds: [],
    rollout: undefined,
    ...rest,
  };
}
