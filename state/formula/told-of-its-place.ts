import { EnsembleError } from '../platform/errors.js';

/**
 * Has an error name what is wrong with a formula by its place in the repository. It was found in a copy, which is gone by the
 * time that somebody reads of it, so what helps is done where the author keeps the formula.
 * @param copies directories and files that the formula was fetched to and unpacked in
 * @param place of the formula in its repository, a path or a URL
 * @returns the same error
 */
export function toldOfItsPlace(error: unknown, copies: readonly string[], place: string): unknown {
  if (!(error instanceof EnsembleError)) return error;
  const { next } = error;
  const there = next === undefined ? undefined : within(next, copies);
  error.message = placed(error.message, copies, place);
  if (there !== next) Object.assign(error, { next: `in the formula as its author keeps it: ${there}` });
  return error;
}

/** The same for a sentence. */
export function placed(text: string, copies: readonly string[], place: string): string {
  return copies.reduce((now, copy) => now.replaceAll(pathOf(copy), () => place), text);
}

/** With paths relative to the formula. */
function within(text: string, copies: readonly string[]): string {
  return copies.reduce((now, copy) => now.replaceAll(`${copy}/`, '').replaceAll(pathOf(copy), '.'), text);
}

/** A path where it stands by itself or goes on below it: there is `web-1.tar.gz` beside `web-1`. */
function pathOf(copy: string): RegExp {
  return new RegExp(`${copy.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')}(?![\\w.-])`, 'g');
}
