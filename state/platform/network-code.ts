const BROKEN: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/**
 * The code of an error that came of a network, empty where it has none. Trying several addresses of one name fails with an
 * `AggregateError`, whose first part tells why.
 */
export function networkCode(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  const part = error instanceof AggregateError ? error.errors[0] : error.cause;
  return part instanceof Error ? networkCode(part) : '';
}

/** True if a connection that stood broke. */
export function isBroken(code: string): boolean {
  return BROKEN.has(code);
}
