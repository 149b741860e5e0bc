import type { Candidate } from '../../state/formula/candidate.js';
import { classify, type Opinion, type Revision } from './classify.js';
import type { Standing } from './facts.js';

/**
 * Tells which of these revisions of its formula are newer than the service's. If release 0.1.0 published that, which
 * noted no hooks, they are looked for among these.
 */
export function opinionOf({ deployed, facts }: Standing, offered: readonly Candidate[]): Opinion {
  const same = offered.find(({ id }) => id.revision === deployed.revision);
  const hooks = deployed.hooks ?? same?.hooks;
  return classify({ ...deployed, hooks }, offered.map(revisionOf), facts);
}

function revisionOf({ id, metadata, config, hooks, withdrawn, untrusted }: Candidate): Revision {
  return { revision: id.revision, metadata, config, hooks, withdrawn, untrusted };
}
