import type { IndexJudge } from '../../state/formula/repositories/index-judge.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import { checkSignature } from '../../state/formula/trust/check-signature.js';
import { IndexRolledBack } from '../../state/formula/trust/errors.js';
import { noteSerial } from '../../state/model/serials.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Session } from '../session.js';

/**
 * The judge of indexes by the trust of an environment; undefined where that trusts anybody. The serial of an index that
 * is signed by somebody known never goes back, for all who work with the environment: who gives an old one keeps
 * something from them.
 */
export function indexJudge({
  coordinator,
  environment: { trust },
}: Pick<Session, 'coordinator' | 'environment'>): IndexJudge | undefined {
  if (trust === undefined) return undefined;
  return async ({ location, text, serial, signature }) => {
    const now = systemClock.now();
    const signed = {
      what: `the index of ${location}`,
      message: Buffer.from(text),
      signature,
      next: 'have its author sign it: ensemble index --sign KEY DIRECTORY',
    };
    if (checkSignature(trust, signed, now) === undefined || serial === undefined) return;
    const at = new Date(now).toISOString();
    const seen = await noteSerial(coordinator, { place: placeOf(location), url: location, serial, at });
    if (seen !== undefined)
      throw new IndexRolledBack({ repository: location, serial, seen: seen.serial, at: seen.at });
  };
}
