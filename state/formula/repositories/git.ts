import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from '../../platform/zod.js';
import {
  type BrokenCandidate,
  type Essentials,
  type LocalCandidate,
  type Offered,
  type RemoteCandidate,
  understand,
} from '../candidate.js';
import { FormulaEntryRefused, NotAFormula, RepositoryNotFound, RepositoryUnavailable } from '../errors.js';
import { enoughOfFile, type FormulaFileName, type FormulaFiles, formulaFileNames } from '../formula-files.js';
import { hookIn } from '../hook-names.js';
import { LARGEST_SIGNATURE, SIGNATURE_FILE_NAME } from '../trust/statement.js';
import { askRefs, fetchedCommits, type GitRef, withFetched } from './git-fetch.js';
import type { GitLocation } from './git-location.js';
import { type GitStore, listObjects, readObjects, type TreeEntry, writeObjects } from './git-objects.js';
import { type GitLimits, gitLimits } from './git-process.js';
import { recall, remember } from './remembered.js';
import { type Repository, repositoryOf } from './repository.js';

/** A formula in a commit, as far as it says what it is. */
const foundSchema = z.object({
  ref: z.object({ name: z.string(), sha: z.string() }),
  /** The location's path, without slashes at its ends; empty if the formula is there itself. */
  folder: z.string(),
  /** In base64. */
  files: z.record(z.string(), z.string()),
  hooks: z.array(z.string()),
  signature: z.optional(z.string()),
  /** Bytes of all of it, and a digest of what is in it. */
  size: z.number(),
  content: z.string(),
});

/** A formula as it was found in a commit. */
export type Found = z.infer<typeof foundSchema>;

/**
 * Asks a repository of git's for the formulas at a ref, and at the tags that name a formula and its revision. Where it has
 * the commits that it had, nothing is fetched, and what is known by those is given back. A tag counts more than the ref: what is tagged is published.
 * The branches of candidates are only named, as they offer nothing by themselves.
 * @param known what it was when it was asked last
 * @throws RepositoryNotFound, RepositoryUnavailable
 */
export async function openGit(
  location: GitLocation,
  limits: GitLimits = gitLimits,
  known?: Repository,
): Promise<Repository> {
  const { head, tags, candidates } = await askRefs(location, limits);
  const heads = { head, candidates };
  // The URL may name one of the tags.
  const others = tags.filter(({ name }) => name !== head.name && taggedRevision(name) !== undefined);
  const refs = [...others, head];
  const tag = tagOf(refs);
  if (known?.validator === tag)
    return JSON.stringify(known.heads) === JSON.stringify(heads) ? known : { ...known, heads };
  const offers = await assemble(location, await formulasAt(location, refs, limits), limits);
  return { ...offers, validator: tag, heads };
}

/**
 * The formulas at these refs. Where they name the commits that they named the last time, nothing is fetched.
 * @param memory the name under which the answer is kept; what is asked under one name is to be much the same
 * @throws RepositoryNotFound where the last of the refs lacks the location's folder; RepositoryUnavailable
 */
export async function formulasAt(
  location: GitLocation,
  refs: readonly GitRef[],
  limits: GitLimits,
  memory = location.url,
): Promise<readonly Found[]> {
  const tag = tagOf(refs);
  return (await recalled(memory, tag)) ?? (await fetchAll(location, refs, limits, tag, memory));
}

/** What these refs are known by, with the form in which a release finds them: one that found less has another. */
function tagOf(refs: readonly GitRef[]): string {
  return createHash('sha256')
    .update(JSON.stringify({ form: 3, refs }))
    .digest('hex');
}

/** The formula that a tag such as `mysql-12` names. */
function taggedRevision(ref: string): { readonly name: string; readonly revision: number } | undefined {
  const { name, revision } = /^refs\/tags\/(?<name>.+)-(?<revision>0|[1-9]\d{0,14})$/.exec(ref)?.groups ?? {};
  return name === undefined ? undefined : { name, revision: Number(revision) };
}

async function recalled(memory: string, tag: string): Promise<readonly Found[] | undefined> {
  const known = await recall(memory);
  if (known?.tag !== tag) return undefined;
  try {
    return z.array(foundSchema).safeParse(JSON.parse(known.text)).data;
  } catch {
    return undefined;
  }
}

async function fetchAll(
  location: GitLocation,
  refs: readonly GitRef[],
  limits: GitLimits,
  tag: string,
  memory: string,
): Promise<readonly Found[]> {
  return withFetched(location, refs, limits, async (store) => {
    const commits = await fetchedCommits(store, refs.length);
    const found: Found[] = [];
    for (const [index, { name }] of refs.entries()) {
      const ref = { name, sha: commits[index] ?? '' };
      const entries = await listObjects(store, `${ref.sha}:${location.path}`);
      if (entries === undefined && index === refs.length - 1)
        throw new RepositoryNotFound({
          path: location.url,
          reason: `it has no folder ${location.path}`,
          next: 'name one that it has, behind the ref and a colon: git+https://HOST/REPO.git#REF:PATH',
        });
      if (entries !== undefined) found.push(...(await formulasIn(store, ref, entries)));
    }
    const isAsTold = refs.every(({ sha }, index) => sha === commits[index]);
    if (isAsTold) await remember(memory, { tag, text: JSON.stringify(found) });
    return found;
  });
}

/** The formulas in a tree: all of it, or its folders. */
export async function formulasIn(
  store: GitStore,
  ref: GitRef,
  entries: readonly TreeEntry[],
): Promise<readonly Found[]> {
  const paths = new Set(entries.map(({ path }) => path));
  const folders = paths.has('metadata.yaml')
    ? ['']
    : [
        ...new Set(
          entries.flatMap(({ path }) => path.match(/^([^./][^/]*)\/(?:metadata\.yaml$|hooks\/)/)?.[1] ?? []),
        ),
      ];
  const found: Found[] = [];
  for (const folder of folders) {
    const own = within(entries, folder);
    const wanted = formulaFileNames.flatMap((name) => {
      const entry = own.find(({ path }) => path === name);
      return entry === undefined ? [] : [{ name, entry }];
    });
    const small = wanted.filter(({ entry }) => entry.size < enoughOfFile && entry.mode !== '120000');
    const contents = await readObjects(
      store,
      small.map(({ entry }) => entry.sha),
    );
    const files: Record<string, string> = {};
    for (const [index, { name }] of small.entries()) files[name] = contents[index]?.toString('base64') ?? '';
    // Nothing more is kept of an entry that is too large, or a link.
    for (const { name, entry } of wanted)
      if (!(name in files)) files[name] = entry.mode === '120000' ? 'link' : 'large';
    const signature = await signatureIn(store, own);
    found.push({
      ref: { ...ref },
      folder,
      files,
      ...(signature !== undefined && { signature }),
      hooks: own.flatMap(({ path }) => hookIn(path) ?? []),
      size: own.reduce((sum, { size }) => sum + size, 0),
      content: contentOf(own),
    });
  }
  return found;
}

/** The same wherever in whichever commit the same files are. */
function contentOf(entries: readonly TreeEntry[]): string {
  const hash = createHash('sha256');
  for (const { path, mode, sha } of entries) hash.update(`${mode} ${sha} ${path}\0`);
  return hash.digest('hex');
}

async function signatureIn(store: GitStore, entries: readonly TreeEntry[]): Promise<string | undefined> {
  const entry = entries.find(({ path }) => path === SIGNATURE_FILE_NAME);
  if (entry === undefined || entry.size > LARGEST_SIGNATURE || entry.mode === '120000') return undefined;
  const [content] = await readObjects(store, [entry.sha]);
  return content?.toString('latin1');
}

function within(entries: readonly TreeEntry[], folder: string): readonly TreeEntry[] {
  if (folder === '') return entries;
  const start = `${folder}/`;
  return entries
    .filter(({ path }) => path.startsWith(start))
    .map((entry) => ({ ...entry, path: entry.path.slice(start.length) }));
}

/**
 * A repository that offers what was found. @param change what of it is not released, but a candidate
 */
export async function assemble(
  location: GitLocation,
  found: readonly Found[],
  limits: GitLimits,
  change?: Offered['change'],
): Promise<Repository> {
  const offered = new Map<string, RemoteCandidate>();
  const problems: BrokenCandidate[] = [];
  for (const each of found) {
    const path = placeOf(location, each);
    const called = each.folder === '' ? location.name : each.folder;
    const said = await understand(path, location.name, async () => essentialsOf(path, each), called);
    const tagged = taggedRevision(each.ref.name);
    if (tagged !== undefined && ('error' in said ? said.name : said.id.name) !== tagged.name) continue;
    if ('error' in said) problems.push(said);
    else if (tagged !== undefined && said.id.revision !== tagged.revision)
      problems.push({
        path,
        ...tagged,
        error: new NotAFormula({
          path,
          reason: `its revision is ${said.id.revision}, and its tag says ${tagged.revision}`,
        }),
      });
    else {
      const key = `${said.id.name}-${said.id.revision}`;
      // Tags come first.
      if (!offered.has(key))
        offered.set(key, {
          ...said,
          ...(each.signature !== undefined && { signature: each.signature }),
          ...(change !== undefined && { change }),
          kind: 'remote',
          path,
          size: each.size,
          content: each.content,
          fetch: (directory) => fetchOne(location, each, path, directory, limits),
        });
    }
  }
  return repositoryOf(location.url, location.name, [...offered.values()], problems);
}

/** For messages: where in which commit. */
function placeOf({ remote, path }: GitLocation, { ref, folder }: Found): string {
  const inside = [path, folder].filter((part) => part !== '').join('/');
  return `${remote}@${ref.sha.slice(0, 12)}${inside === '' ? '' : `:${inside}`}`;
}

/** The files that say what a formula is. @throws FormulaEntryRefused, NotAFormula */
export function essentialsOf(path: string, { files, hooks }: Found): Essentials {
  const read: Partial<Record<FormulaFileName, Uint8Array>> = {};
  for (const name of formulaFileNames) {
    const text = files[name];
    if (text === 'link')
      throw new FormulaEntryRefused({ path: `${path}/${name}`, reason: 'it is not a file' });
    if (text !== undefined)
      read[name] = text === 'large' ? Buffer.alloc(enoughOfFile, ' ') : Buffer.from(text, 'base64');
  }
  if (read['metadata.yaml'] === undefined) throw new NotAFormula({ path, reason: 'it has no metadata.yaml' });
  return { files: read satisfies FormulaFiles, hooks };
}

async function fetchOne(
  location: GitLocation,
  { ref, folder }: Found,
  where: string,
  into: string,
  limits: GitLimits,
): Promise<Pick<LocalCandidate, 'kind' | 'path'>> {
  return withFetched(location, [ref], limits, async (store) => {
    const [commit] = await fetchedCommits(store, 1);
    if (commit !== ref.sha)
      throw new RepositoryUnavailable({
        repository: location.url,
        reason: `${ref.name} is another commit by now`,
        next: 'the same command again',
      });
    const entries = await listObjects(store, `${commit}:${location.path}`);
    const path = join(into, 'formula');
    await mkdir(path);
    await writeObjects(store, within(entries ?? [], folder), path, where);
    return { kind: 'directory', path };
  });
}
