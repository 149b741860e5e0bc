import { Buffer } from 'node:buffer';
import type { Operation } from '../coordinator.js';
import { ValueTooLarge } from '../errors.js';

/**
 * The most bytes of one request. lmdb would take far more. The limit is a little below ZooKeeper's 1 MiB (its
 * `jute.maxbuffer`), so that a request that works on one engine works on the other.
 */
const LARGEST_REQUEST = 1_000_000;

/** @throws ValueTooLarge, naming the largest of the operations */
export function checkSize(operations: readonly Operation[]): void {
  let total = 0;
  let largest = { path: '/', bytes: -1 };
  for (const operation of operations) {
    const bytes = 'value' in operation ? Buffer.byteLength(operation.value) : 0;
    if (bytes > largest.bytes) largest = { path: operation.path, bytes };
    total += bytes + Buffer.byteLength(operation.path);
  }
  if (total > LARGEST_REQUEST)
    throw new ValueTooLarge({ path: largest.path, bytes: total, limit: LARGEST_REQUEST });
}
