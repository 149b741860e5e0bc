import * as z from '../../../state/platform/zod.js';
import type { Forge, OpenChange } from './forge.js';

const commit = z.string().check(z.regex(/^[0-9a-f]{40,64}$/));
const number = z.int().check(z.positive());

/** Characters of a description that are looked at; it is anybody's text. */
const MOST_OF_DESCRIPTION = 20_000;

const MOST_OF_TITLE = 120;

const githubSchema = z.array(
  z.looseObject({
    number,
    title: z.string(),
    html_url: z.string(),
    updated_at: z.string(),
    body: z.nullish(z.string()),
    head: z.looseObject({ sha: commit }),
  }),
);

/** The commit is null while a merge request has none yet. */
const gitlabSchema = z.array(
  z.looseObject({
    iid: number,
    title: z.string(),
    web_url: z.string(),
    updated_at: z.string(),
    description: z.nullish(z.string()),
    sha: z.nullish(commit),
  }),
);

/** The changes in one page of an answer; undefined where it is none of this kind of forge's. */
export function changesIn(kind: Forge['kind'], body: string): readonly OpenChange[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (kind === 'github')
    return githubSchema.safeParse(value).data?.map((each) => ({
      number: each.number,
      commit: each.head.sha,
      ref: `refs/pull/${each.number}/head`,
      url: each.html_url,
      ...textsOf(each.title, each.updated_at, each.body),
    }));
  return gitlabSchema.safeParse(value).data?.flatMap((each) =>
    typeof each.sha === 'string'
      ? [
          {
            number: each.iid,
            commit: each.sha,
            ref: `refs/merge-requests/${each.iid}/head`,
            url: each.web_url,
            ...textsOf(each.title, each.updated_at, each.description),
          },
        ]
      : [],
  );
}

function textsOf(
  title: string,
  updatedAt: string,
  description: string | null | undefined,
): Pick<OpenChange, 'title' | 'updatedAt' | 'description'> {
  return {
    title: title.slice(0, MOST_OF_TITLE),
    updatedAt,
    description: (description ?? '').slice(0, MOST_OF_DESCRIPTION),
  };
}

/** Where all open changes of a repository are asked for, the oldest first; undefined where the path can be none of the forge's. */
export function listUrl({ kind, api }: Pick<Forge, 'kind' | 'api'>, path: string): string | undefined {
  const parts = path.split('/');
  if (parts.length < 2 || parts.some((part) => part === '')) return undefined;
  if (kind === 'gitlab')
    return `${api}/projects/${encodeURIComponent(path)}/merge_requests?state=opened&scope=all&order_by=created_at&sort=asc&per_page=100`;
  if (parts.length !== 2) return undefined;
  const repository = parts.map(encodeURIComponent).join('/');
  return `${api}/repos/${repository}/pulls?state=open&sort=created&direction=asc&per_page=100`;
}
