import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type Candidate, offeredAs } from '../../state/formula/candidate.js';
import { releaseIn } from '../../state/formula/candidate-mark.js';
import { formatFormulaId } from '../../state/formula/formula-id.js';
import { parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { formulaRecordSchema } from '../../state/model/service-schemas.js';
import { classify, type Opinion, type Revision } from './classify.js';
import type { Standing } from './facts.js';

/**
 * Tells which of these revisions of its formula are newer than the service's, and notes what was published under the id of
 * one with another content.
 */
export async function judge(
  coordinator: Coordinator,
  standing: Standing,
  offered: readonly Candidate[],
): Promise<Opinion> {
  const { id, deployed } = standing;
  const later = offered.filter((each) => each.id.revision >= deployed.revision);
  const ids = later.map((each) => formatFormulaId(releaseIn(id, each.id.revision)));
  const nodes = await coordinator.getMany(ids.map(paths.formula));
  const changed = new Map<Candidate, string>();
  for (const [index, candidate] of later.entries()) {
    const formula = ids[index] ?? '';
    const record = parseSound(paths.formula(formula), formulaRecordSchema, nodes[index], [])?.value;
    if (isOther(offeredAs(candidate), record?.offered)) changed.set(candidate, formula);
  }
  return opinionOf(standing, offered, changed);
}

/**
 * The same by what is known. If release 0.1.0 published the service's formula, which noted no hooks, they are looked for
 * among these.
 * @param changed the ids under which another content was published
 */
export function opinionOf(
  { deployed, facts }: Pick<Standing, 'deployed' | 'facts'>,
  offered: readonly Candidate[],
  changed: ReadonlyMap<Candidate, string> = new Map(),
): Opinion {
  const same = offered.find(({ id }) => id.revision === deployed.revision);
  const hooks = deployed.hooks ?? same?.hooks;
  const revisions = offered.map((candidate): Revision => {
    const { id, metadata, config, hooks: own, withdrawn, untrusted } = candidate;
    const changedSince = changed.get(candidate);
    return { revision: id.revision, metadata, config, hooks: own, withdrawn, untrusted, changedSince };
  });
  return classify({ ...deployed, hooks }, revisions, facts);
}

/** What is said in two ways, as by a git repository and an index, says nothing about each other. */
function isOther(offered: string | undefined, published: string | undefined): boolean {
  if (offered === undefined || published === undefined) return false;
  const kind = (text: string): string => text.slice(0, text.indexOf(':'));
  return kind(offered) === kind(published) && offered !== published;
}
