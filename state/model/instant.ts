import * as z from '../platform/zod.js';

/** ISO 8601 in UTC, as everything that people may read is stamped. */
export const instant = z.string().check(z.minLength(1));
