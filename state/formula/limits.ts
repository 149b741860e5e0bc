/**
 * The most that a bundle may ask of the machine that reads it. Bundling keeps to the same limits, so that nothing is
 * published which agents would then refuse.
 */
export interface Limits {
  /** Bytes of the unpacked archive. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** Bytes of one name record (pax, GNU long name) inside the archive. */
  readonly maxMetaBytes: number;
  /** Unpacked by packed bytes; looked at only beyond `ratioFrom`, since a small file of zeros is no bomb. */
  readonly maxRatio: number;
  /** In bytes of the unpacked archive. */
  readonly ratioFrom: number;
}

export const defaultLimits: Limits = {
  maxBytes: 2 * 1024 ** 3,
  maxEntries: 100_000,
  maxMetaBytes: 64 * 1024,
  maxRatio: 200,
  ratioFrom: 64 * 1024 ** 2,
};

/** Why so many bytes, packed into so few, are too many, in words that follow "it"; undefined where they are not. */
export function sizeFault(unpacked: number, packed: number, limits: Limits): string | undefined {
  if (unpacked > limits.maxBytes) return `unpacks to more than ${limits.maxBytes} bytes`;
  if (unpacked > limits.ratioFrom && unpacked > packed * limits.maxRatio)
    return `unpacks to more than ${limits.maxRatio} times its size`;
  return undefined;
}
