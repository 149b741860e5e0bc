import * as z from '../../state/platform/zod.js';

/*
 * The file of notices: what is newer, as it was found last, and what was told of it. One file for all environments of a user,
 * read by every command on a terminal, so that it holds no more than that needs.
 */

const VERSION = 1;

const offerSchema = z.object({
  revision: z.int(),
  class: z.enum(['eligible', 'questionable']),
  urgent: z.nullable(z.enum(['security', 'data-loss'])),
});

const toldSchema = z.object({
  /** When something that is not urgent was told last, in milliseconds since 1970. */
  at: z.optional(z.number()),
  revisions: z.array(z.int()),
  /** When an urgent revision was told last, by its number. */
  urgent: z._default(z.record(z.string(), z.number()), {}),
});

const environmentSchema = z.object({
  /** The id of the environment: one that is made anew at the same place is another one. */
  id: z.optional(z.string()),
  /** When it was last decided to look, and when that ended, in milliseconds since 1970. */
  begun: z.optional(z.number()),
  checked: z.optional(z.number()),
  /** By service; only where there is something. */
  offers: z._default(
    z.record(z.string(), z.object({ formula: z.string(), offers: z.array(offerSchema) })),
    {},
  ),
  /** By service, and then by the formula that it had. */
  told: z._default(z.record(z.string(), z.record(z.string(), toldSchema)), {}),
});

const fileSchema = z.object({
  version: z.literal(VERSION),
  /** It was said how to turn them off. */
  introduced: z._default(z.boolean(), false),
  /** By the URL of their state. */
  environments: z._default(z.record(z.string(), environmentSchema), {}),
});

/** All that the file holds. */
export type Notices = z.infer<typeof fileSchema>;
/** The same of one environment. */
export type NoticesOf = z.infer<typeof environmentSchema>;
/** A newer revision that is worth telling. */
export type KnownOffer = z.infer<typeof offerSchema>;
/** What was told of a service while it had one formula. */
export type Told = z.infer<typeof toldSchema>;

/** The file before anything is known. */
export const noNotices: Notices = { version: VERSION, introduced: false, environments: {} };

/** An environment of which nothing is known. */
export const nothingKnown: NoticesOf = { offers: {}, told: {} };

/**
 * Reads the file's text. What cannot be read is as good as nothing.
 * @returns undefined if a newer release wrote it: that is left alone
 */
export function parseNotices(text: string | undefined): Notices | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return noNotices;
  }
  const found = fileSchema.safeParse(value);
  if (found.success) return found.data;
  return isNewer(value) ? undefined : noNotices;
}

/** The file's text. */
export function noticesText(notices: Notices): string {
  return `${JSON.stringify(notices)}\n`;
}

/** The same with another entry for one environment. */
export function withEnvironment(notices: Notices, state: string, entry: NoticesOf): Notices {
  return { ...notices, environments: { ...notices.environments, [state]: entry } };
}

function isNewer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('version' in value)) return false;
  return typeof value.version === 'number' && value.version > VERSION;
}
