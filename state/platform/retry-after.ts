/**
 * Seconds that a server asks to be left alone for, by its header `Retry-After`: a number, or a date.
 * @param now milliseconds since the epoch
 * @returns undefined where it is neither
 */
export function retryAfterOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1_000));
}
