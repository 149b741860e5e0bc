import { someOf } from '../../control/names-of.js';
import type { MachineListing } from '../../control/status/machine-entries.js';
import type { TrustRules } from '../../state/formula/trust/check-signature.js';
import { printable } from '../../state/platform/printable.js';

type Entries = Readonly<Record<string, MachineListing>>;

/**
 * Which machines take more than what this operator's environment trusts: whoever can write to the state or the storage can
 * have them run it.
 * @param trust of the operator's own environment; nothing is said where it trusts anybody
 */
export function trustLines(entries: Entries, trust: TrustRules | undefined): readonly string[] {
  if (trust === undefined) return [];
  const those = (fits: (word: string | null) => boolean): readonly string[] =>
    Object.entries(entries).flatMap(([name, { trust: word }]) => (fits(word) ? [name] : []));
  const groups = [
    [those((word) => word === 'none'), 'take any formula: there is no `trust` in the environments.yaml of'],
    [
      those((word) => word === 'checked' && trust.require),
      'take formulas that nobody signed: `trust` does not require it in the environments.yaml of',
    ],
    [those((word) => word === null), 'may take any formula: no agent told of a `trust` on'],
  ] as const;
  const lines = groups.flatMap(([names, what]) =>
    names.length === 0 ? [] : [printable(`agents ${what} ${someOf(names, 'machines')}`)],
  );
  return lines.length === 0 ? [] : ['', ...lines];
}
