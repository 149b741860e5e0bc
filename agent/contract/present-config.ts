import { createHash } from 'node:crypto';
import type { ConfigValue } from '../../state/formula/config-types.js';

/** The config that holds for a unit: the version of its service's node, and the digest of what the unit sees of it. */
export interface PresentConfig {
  readonly version: number | undefined;
  readonly digest: string | undefined;
}

/** Tells whether two configs are the same, whatever the order of their keys. */
export function configDigest(config: Readonly<Record<string, ConfigValue>>): string {
  const sorted = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}
