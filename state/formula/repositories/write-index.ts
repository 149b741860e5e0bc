import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { LocalCandidate } from '../candidate.js';
import { FormulaContentsDiffer, RepositoryNotFound, RevisionNotFound } from '../errors.js';
import { formatFormulaId } from '../formula-id.js';
import { hookIn } from '../hook-names.js';
import { sameManifest } from '../manifest.js';
import { type Publishable, publishable } from '../publishable.js';
import { bundleManifest } from '../read-bundle.js';
import type { Signing } from '../trust/sign.js';
import { openDirectory } from './directory.js';
import {
  type IndexDocument,
  type IndexEntry,
  INDEX_FILE_NAME,
  type ReadIndex,
  readIndex,
} from './index-document.js';
import { ownSignature, signEntry, signIndexText } from './sign-index.js';

/** Where the bundles are put, beside the index. */
const BUNDLES = 'bundles';

/** One revision of a formula, as operators write it: `mysql-12`. */
export interface NamedRevision {
  readonly name: string;
  readonly revision: number;
}

/** The wanted changes to the index before. */
interface IndexRequest {
  readonly withdraw: readonly NamedRevision[];
  /** Why they are withdrawn. */
  readonly reason?: string | undefined;
  /** No longer withdrawn. */
  readonly restore: readonly NamedRevision[];
  /** By whose key the index, and the formulas that their authors did not sign, are signed. */
  readonly signing?: Signing | undefined;
  /** Milliseconds for which it is to be believed; for ever where it is undefined. */
  readonly lasting?: number | undefined;
  /** The least serial. */
  readonly serial?: number | undefined;
}

/** The result. */
interface WrittenIndex {
  readonly file: string;
  readonly serial: number;
  /** False where the index that stood says the same. */
  readonly changed: boolean;
  /** The ids of what is new in it. */
  readonly added: readonly string[];
  readonly formulas: number;
  readonly revisions: number;
  /** A signature of the index before was removed, as this one has none. */
  readonly unsigned: boolean;
}

/** The entries by formula, before they are put in order. */
type Entries = Map<string, IndexEntry[]>;

/**
 * Writes the index of a directory of formulas, and their bundles, for any web server that shows the directory as it
 * is. Entries of an earlier index stay in it as long as their bundles are there, also if their directories are gone.
 * @param workDirectory for intermediate files; the caller's to remove
 * @param now milliseconds since the epoch
 * @throws RepositoryNotFound, RevisionNotFound, FormulaContentsDiffer; the fault of the first formula that is not
 *  sound; errors of the file system
 */
export async function writeIndex(
  directory: string,
  request: IndexRequest,
  workDirectory: string,
  now: number,
): Promise<WrittenIndex> {
  const repository = await openDirectory(directory);
  const [problem] = repository.problems;
  if (problem !== undefined) throw problem.error;
  const root = repository.location;
  const before = await readBefore(root);
  const entries: Entries = new Map();
  const added: string[] = [];
  const signedByAuthors = new Set<IndexEntry>();
  for (const name of repository.formulas)
    for (const candidate of repository.revisions(name)) {
      if (candidate.kind === 'remote') continue;
      const known = before?.entries.find(
        (each) => each.name === name && each.entry.revision === candidate.id.revision,
      )?.entry;
      const prepared = await entryOf(
        root,
        candidate,
        known,
        join(workDirectory, formatFormulaId(candidate.id).replace(/.*:/, '')),
        now,
      );
      const own = ownSignature(candidate, prepared);
      const entry = own === undefined ? prepared : { ...prepared, signature: own };
      if (own !== undefined) signedByAuthors.add(entry);
      if (known === undefined) added.push(formatFormulaId(candidate.id));
      entries.set(name, [...(entries.get(name) ?? []), entry]);
    }
  for (const { name, entry } of before?.entries ?? []) {
    const isThere = entries.get(name)?.some(({ revision }) => revision === entry.revision);
    if (!isThere && existsSync(join(root, entry.url)))
      entries.set(name, [...(entries.get(name) ?? []), entry]);
  }
  const { signing, lasting } = request;
  if (signing !== undefined)
    for (const [name, each] of entries) {
      const signed: IndexEntry[] = [];
      for (const entry of each)
        signed.push(await signEntry(name, entry, signedByAuthors.has(entry), signing));
      entries.set(name, signed);
    }
  const marked = mark(root, entries, request);
  const formulas = Object.fromEntries(
    [...marked]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, each.toSorted((a, b) => a.revision - b.revision)]),
  );
  const counts = { formulas: marked.size, revisions: [...marked.values()].flat().length };
  const file = join(root, INDEX_FILE_NAME);
  const standing =
    before !== undefined && lasting === undefined && before.expires === undefined ? before : undefined;
  const least = Math.max(request.serial ?? 0, (before?.serial ?? 0) + 1);
  if (
    standing !== undefined &&
    standing.serial >= (request.serial ?? 0) &&
    isDeepStrictEqual(JSON.parse(JSON.stringify(formulas)), byName(standing))
  ) {
    if (signing !== undefined) await sign(file, await readFile(file, 'utf8'), signing);
    return { file, serial: standing.serial, changed: false, added, unsigned: false, ...counts };
  }
  const document: IndexDocument = {
    schema: 1,
    serial: least,
    ...(lasting !== undefined && { expires: new Date(now + lasting).toISOString() }),
    formulas,
  };
  const text = `${JSON.stringify(document, null, 1)}\n`;
  const unsigned = signing === undefined && existsSync(`${file}.sig`);
  // Before the index is another one: its author may not be asked for a passphrase in vain.
  const signature = signing && (await signIndexText(text, `${file}.sig`, signing));
  await writeWhole(file, text);
  if (signature !== undefined) await writeWhole(`${file}.sig`, signature);
  else await rm(`${file}.sig`, { force: true });
  return { file, serial: document.serial, changed: true, added, unsigned, ...counts };
}

async function sign(file: string, text: string, signing: Signing): Promise<void> {
  await writeWhole(`${file}.sig`, await signIndexText(text, `${file}.sig`, signing));
}

async function readBefore(root: string): Promise<ReadIndex | undefined> {
  const path = join(root, INDEX_FILE_NAME);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const read = readIndex(text);
  const [broken] = 'reason' in read ? [] : read.broken;
  if (!('reason' in read) && broken === undefined) return read;
  const reason = 'reason' in read ? read.reason : `cannot be understood: ${broken?.name}: ${broken?.reason}`;
  throw new RepositoryNotFound({
    path: root,
    reason: `its ${INDEX_FILE_NAME} ${reason}`,
    next: `mend or remove ${path}`,
  });
}

/** The entries as JSON has them: what is left out is not there. */
function byName({ entries }: ReadIndex): Readonly<Record<string, unknown>> {
  const formulas: Record<string, unknown[]> = {};
  for (const { name, entry } of entries)
    formulas[name] = [...(formulas[name] ?? []), JSON.parse(JSON.stringify(entry))];
  return formulas;
}

async function entryOf(
  root: string,
  candidate: LocalCandidate,
  known: IndexEntry | undefined,
  workDirectory: string,
  now: number,
): Promise<IndexEntry> {
  const prepared = await publishable(candidate, workDirectory);
  try {
    if (known !== undefined && existsSync(join(root, known.url))) {
      await requireSame(root, candidate, known, prepared);
      return known;
    }
    const { name, revision } = candidate.id;
    const url = `${BUNDLES}/${name}-${revision}.tar.gz`;
    await mkdir(join(root, BUNDLES), { recursive: true });
    const unfinished = join(root, BUNDLES, `.${randomUUID()}`);
    await copyFile(prepared.bundle, unfinished);
    await rename(unfinished, join(root, url)).finally(() => rm(unfinished, { force: true }));
    const { metadata, config } = prepared.formula;
    return {
      revision,
      url,
      ...prepared.digest,
      ...(metadata.release !== undefined && { release: metadata.release }),
      published: new Date(now).toISOString(),
      metadata,
      config,
      hooks: prepared.manifest.flatMap(({ kind, path }) =>
        kind === 'directory' ? [] : (hookIn(path) ?? []),
      ),
    };
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}

/** One id stands for one content, also for those who fetched it long ago. */
async function requireSame(
  root: string,
  candidate: LocalCandidate,
  known: IndexEntry,
  { digest, manifest }: Publishable,
): Promise<void> {
  if (digest.sha256 === known.sha256) return;
  const bundle = join(root, known.url);
  if (sameManifest(manifest, await bundleManifest(bundle))) return;
  throw new FormulaContentsDiffer({
    formula: formatFormulaId(candidate.id),
    first: bundle,
    second: candidate.path,
  });
}

function mark(root: string, entries: Entries, { withdraw, restore, reason }: IndexRequest): Entries {
  for (const { name, revision } of [...withdraw, ...restore])
    if (!entries.get(name)?.some((each) => each.revision === revision))
      throw new RevisionNotFound({
        formula: name,
        revision,
        repository: root,
        known: entries.get(name)?.map((each) => each.revision) ?? [],
      });
  const isIn = (list: readonly NamedRevision[], name: string, revision: number): boolean =>
    list.some((each) => each.name === name && each.revision === revision);
  return new Map(
    [...entries].map(([name, revisions]) => [
      name,
      revisions.map((entry) => {
        const { withdrawn: _before, ...standing } = entry;
        if (isIn(restore, name, entry.revision)) return standing;
        if (isIn(withdraw, name, entry.revision)) return { ...entry, withdrawn: reason ?? true };
        return entry;
      }),
    ]),
  );
}

async function writeWhole(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`;
  try {
    const handle = await open(unfinished, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}
