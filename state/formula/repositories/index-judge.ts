import { SignatureMismatch, SignatureMissing } from '../trust/errors.js';
import { readIndex } from './index-document.js';

/** An index as it came, before anything in it is believed. */
export interface JudgedIndex {
  /** The repository, as it is remembered. */
  readonly location: string;
  readonly text: string;
  /** Undefined where it is none that can be read. */
  readonly serial: number | undefined;
  readonly signature: string | undefined;
}

/** Throws where an index is not to be believed. */
export type IndexJudge = (index: JudgedIndex) => Promise<void>;

/** The name of the signature of an index, beside it. */
export const INDEX_SIGNATURE_FILE_NAME = 'index.json.sig';

/**
 * Reads an index, and has it judged. It and its signature are two files, and may be replaced between the one and the other:
 * so what does not fit is asked for once more.
 * @param read gives the index, anew where that is asked for
 * @param readSignature gives undefined where there is none
 * @throws what `judge` throws
 */
export async function judged<T extends { readonly text: string }>(
  location: string,
  judge: IndexJudge | undefined,
  read: (anew: boolean) => Promise<T>,
  readSignature: () => Promise<string | undefined>,
): Promise<T> {
  const attempt = async (anew: boolean): Promise<T> => {
    const found = await read(anew);
    if (judge === undefined) return found;
    const index = readIndex(found.text);
    const serial = 'reason' in index ? undefined : index.serial;
    await judge({ location, text: found.text, serial, signature: await readSignature() });
    return found;
  };
  try {
    return await attempt(false);
  } catch (error) {
    if (!(error instanceof SignatureMismatch || error instanceof SignatureMissing)) throw error;
    return attempt(true);
  }
}
