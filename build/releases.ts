import * as z from '../state/platform/zod.js';

const releasesSchema = z.array(
  z.object({
    version: z.string().check(z.regex(/^\d+\.\d+\.\d+$/)),
    commit: z.string().check(z.regex(/^[0-9a-f]{40}$/)),
  }),
);

/** A release: its version, and the commit that it was built from. */
export type Release = z.infer<typeof releasesSchema>[number];

/** The releases that `releases.json` names, the oldest first. @throws where the text is another one */
export function parseReleases(text: string): readonly Release[] {
  return releasesSchema.parse(JSON.parse(text));
}

/** The same with one more, as the file has it. @throws Error where that is there, or not after the last one */
export function withRelease(text: string, release: Release): string {
  const releases = [...parseReleases(text)];
  const last = releases.at(-1);
  if (last !== undefined && !isAfter(release.version, last.version))
    throw new Error(`${release.version} does not come after ${last.version}, the last release`);
  const lines = [...releases, release].map(
    ({ version, commit }) => `  { "version": "${version}", "commit": "${commit}" }`,
  );
  return `[\n${lines.join(',\n')}\n]\n`;
}

/** True if a version comes after another one. */
export function isAfter(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split('.').map(Number));
  const index = (a ?? []).findIndex((number, at) => number !== b?.[at]);
  return index >= 0 && (a?.[index] ?? 0) > (b?.[index] ?? 0);
}

/**
 * The changelog of a release: what was unreleased is of this version, and the next one begins.
 * @throws Error where nothing was unreleased
 */
export function releasedChangelog(text: string, version: string, date: string): string {
  const [before, rest] = text.split(/^## \[Unreleased\]\n/m);
  if (before === undefined || rest === undefined) throw new Error('CHANGELOG.md has no section [Unreleased]');
  if (/^\s*(## |$)/.test(rest)) throw new Error('CHANGELOG.md says nothing of what is to be released');
  return `${before}## [Unreleased]\n\n## [${version}] - ${date}\n${rest}`;
}
