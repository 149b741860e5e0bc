import * as z from '../../platform/zod.js';
import { type ConfigOptions, configOptionsSchema } from '../config-options.js';
import { isRevision, nameFault } from '../formula-id.js';
import { type Metadata, metadataSchema } from '../metadata.js';
import { type Release, releaseSchema } from '../release.js';

/** The name of the file, in the directory that a web server or a bucket shows. */
export const INDEX_FILE_NAME = 'index.json';

/** One revision in an index. */
const indexEntrySchema = z.looseObject({
  revision: z.int().check(z.gte(0)),
  /** Relative to the index, or whole. */
  url: z.string().check(z.minLength(1)),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  size: z.int().check(z.nonnegative()),
  /** The same as in `metadata`, for readers that want no more. */
  release: releaseSchema,
  /** ISO 8601 in UTC: when it was first put into the index. */
  published: z.string(),
  /** True, or why. */
  withdrawn: z.optional(z.union([z.boolean(), z.string()])),
  /**
   * The content of its `metadata.yaml` and `config.yaml`, and the files in `hooks/`: an upgrade is judged by these.
   */
  metadata: metadataSchema,
  config: configOptionsSchema,
  hooks: z.array(z.string()),
  /** The signature of the bundle, as `ssh-keygen` writes it. */
  signature: z.optional(z.string()),
});

/** The same, as it is read. */
export interface IndexEntry {
  readonly revision: number;
  readonly url: string;
  readonly sha256: string;
  readonly size: number;
  readonly release?: Release | undefined;
  readonly published: string;
  readonly withdrawn?: boolean | string | undefined;
  readonly metadata: Metadata;
  readonly config: ConfigOptions;
  readonly hooks: readonly string[];
  readonly signature?: string | undefined;
}

/** The whole of an index. Its entries are read one by one, so that one that cannot be read spoils no other. */
const indexSchema = z.looseObject({
  schema: z.literal(1),
  /** Raised whenever the index changes. */
  serial: z.int().check(z.nonnegative()),
  /** ISO 8601 in UTC: not to be believed after this. */
  expires: z.optional(z.string()),
  formulas: z.record(z.string(), z.array(z.unknown())),
});

/** As it is written. */
export interface IndexDocument {
  readonly schema: 1;
  readonly serial: number;
  readonly expires?: string | undefined;
  readonly formulas: Readonly<Record<string, readonly IndexEntry[]>>;
}

/** An entry that cannot be read, with what can be told of it. */
interface BrokenEntry {
  readonly name: string;
  readonly revision?: number;
  readonly reason: string;
}

export interface ReadIndex {
  readonly serial: number;
  readonly expires?: string | undefined;
  readonly entries: readonly { readonly name: string; readonly entry: IndexEntry }[];
  readonly broken: readonly BrokenEntry[];
}

/** Why a text is no index, in words that follow `its index.json`. */
export interface NoIndex {
  readonly reason: string;
  /** A newer release wrote it. */
  readonly isNewer?: true;
}

/** Reads an index. */
export function readIndex(text: string): ReadIndex | NoIndex {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'is no JSON' };
  }
  const parsed = indexSchema.safeParse(value);
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : 1;
  if (typeof schema === 'number' && schema > 1)
    return { reason: `is of schema ${schema}, and this release reads schema 1`, isNewer: true };
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const what = issue?.path.join('.') || 'the whole of it';
    return {
      reason: `cannot be understood: ${what}: ${(issue?.message ?? '').replace(/^Invalid input: /, '')}`,
    };
  }
  const { serial, expires, formulas } = parsed.data;
  const entries: { name: string; entry: IndexEntry }[] = [];
  const broken: BrokenEntry[] = [];
  for (const [name, revisions] of Object.entries(formulas))
    for (const each of revisions) {
      const read = readEntry(name, each);
      if ('reason' in read) broken.push(read);
      else entries.push(read);
    }
  return { serial, expires, entries, broken };
}

function readEntry(
  name: string,
  value: unknown,
): { readonly name: string; readonly entry: IndexEntry } | BrokenEntry {
  const parsed = indexEntrySchema.safeParse(value);
  const revision =
    typeof value === 'object' && value !== null && 'revision' in value && isRevision(value.revision)
      ? { revision: value.revision }
      : {};
  const fault = nameFault(name);
  if (fault !== undefined) return { name, ...revision, reason: `its name ${fault}` };
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { name, ...revision, reason: `${issue?.path.join('.') || 'it'}: ${issue?.message}` };
  }
  const { metadata } = parsed.data;
  if (metadata.name !== name || metadata.revision !== parsed.data.revision)
    return { name, ...revision, reason: `its metadata is of ${metadata.name}-${metadata.revision}` };
  return { name, entry: parsed.data };
}
