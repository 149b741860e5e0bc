import * as z from '../platform/zod.js';
import { instant } from './instant.js';

/** `/layout`: written last by `bootstrap`; a reader older than `minReader` must not touch the tree. */
export const layoutSchema = z.looseObject({
  level: z.int(),
  sublevel: z.int(),
  minReader: z.int(),
  /** What is on that older programs would misread; whoever does not know all of it must not touch the tree either. */
  features: z.optional(z.array(z.string())),
  /** Random id of this environment; absent in trees of release 0.1.0 until an agent gives them one. */
  environment: z.optional(z.string()),
  /** Milliseconds for which agents keep what removed units leave; 0 keeps nothing. A week where it is absent. */
  keepRemoved: z.optional(z.number().check(z.nonnegative())),
});

/** `/unfinished`: what was begun with the whole environment, and by which command it goes on. */
export const unfinishedSchema = z.looseObject({
  what: z.string(),
  /** The export that is imported, by its absolute path on the host of whoever began it. */
  file: z.optional(z.string()),
  /** Digest of that export. */
  sha256: z.optional(z.string()),
  by: z.string(),
  since: instant,
});

/**
 * `/marks/<agent id>`: written by that agent only. `count` is raised after it wrote to the tree, and never falls, so a
 * tree whose count is less than the agent remembers is a copy of before.
 */
export const markSchema = z.looseObject({
  count: z.int().check(z.nonnegative()),
  at: instant,
  machine: z.string(),
});

/** `/repositories/<name>`: where it is, as services remember it, and who named it when. */
export const namedRepositorySchema = z.looseObject({ url: z.string(), since: instant, by: z.string() });

/** `/serials/<place>`: the highest serial of a signed index that was seen there; named by a digest of the place. */
export const serialSchema = z.looseObject({
  url: z.string(),
  serial: z.int().check(z.nonnegative()),
  at: instant,
});

export type Layout = z.infer<typeof layoutSchema>;
export type Unfinished = z.infer<typeof unfinishedSchema>;
export type Mark = z.infer<typeof markSchema>;
export type NamedRepository = z.infer<typeof namedRepositorySchema>;
export type SeenSerial = z.infer<typeof serialSchema>;
