import type { Proposal, ProposedFormula } from '../../state/formula/repositories/git-proposals.js';

/**
 * What of a change is a candidate: the formulas that its repository does not offer so. A revision that is lower than the one
 * there was overtaken, and of the same one only other files are news.
 * @param base what the repository offers by itself
 */
export function proposedIn(
  { formulas }: Pick<Proposal, 'formulas'>,
  base: readonly ProposedFormula[],
): readonly ProposedFormula[] {
  return formulas.filter(({ name, revision, tree }) => {
    const released = base.filter((each) => each.name === name);
    const highest = Math.max(-1, ...released.map((each) => each.revision));
    if (revision !== highest) return revision > highest;
    return !released.some((each) => each.revision === revision && each.tree === tree);
  });
}
