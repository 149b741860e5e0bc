import { namesOf } from '../../control/names-of.js';
import type { KeptAnyway } from '../../state/model/removal-request.js';
import type { Output } from '../output/output.js';

/** Gathers which units' directories are kept although this command did not ask for it, to be told together. */
export function keptAnyway(output: Output): { readonly noted: KeptAnyway; tell(): void } {
  const asked = new Set<string>();
  const old = new Set<string>();
  return {
    noted: (unit, why) => void (why === 'older-agent' ? old : asked).add(unit),
    tell() {
      const [first] = asked;
      if (first !== undefined)
        output.notice(
          `the data of ${namesOf([...asked])} is kept, as --keep-data asked for; once it is not needed: ensemble prune --removed ${first}`,
        );
      if (old.size > 0)
        output.notice(
          `the agents of ${namesOf([...old])} seem to be of an older release, which removes data at once; they are asked to keep it until somebody removes it`,
        );
    },
  };
}
