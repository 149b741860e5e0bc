import { openRepository } from '../../state/formula/repositories/open.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import { readRepository } from '../../state/model/repositories.js';
import type { Session } from '../session.js';
import { indexJudge } from './index-judge.js';
import { withTrust } from './with-trust.js';

/** A name of a repository, as an environment has them: a path or a URL is none. */
const REPOSITORY_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** The parts of a session that repositories are asked with. */
export type Asking = Pick<Session, 'coordinator' | 'environment'>;

/** True for what the environment may have as a name of a repository. */
export function isNameOfRepository(text: string): boolean {
  return REPOSITORY_NAME.test(text);
}

/** Why a text is no name for a repository, in words that follow it; undefined where it is one. */
export function repositoryNameFault(text: string): string | undefined {
  return isNameOfRepository(text)
    ? undefined
    : 'must be lower-case letters, digits and dashes, and start with a letter';
}

/**
 * Opens what somebody wrote for a repository: the name that the environment has for one, or else a path or a URL. A
 * directory that is called like one of these names is written with a slash: `./name`.
 * @throws as `openTrusted`; NodeInvalid
 */
export async function openNamed(session: Asking, text: string): Promise<Repository> {
  const named = isNameOfRepository(text) ? await readRepository(session.coordinator, text) : undefined;
  return named === undefined
    ? openTrusted(session, text)
    : openTrusted(session, named.url, { name: named.name });
}

/**
 * Opens the repository at a path or URL, as far as the environment trusts it.
 * @throws as `openRepository`; what is thrown for an index that is not to be believed
 */
export async function openTrusted(
  session: Asking,
  text: string,
  options: { readonly name?: string } = {},
): Promise<Repository> {
  const repository = await openRepository(text, { ...options, judge: indexJudge(session) });
  const { trust } = session.environment;
  return trust === undefined ? repository : withTrust(repository, trust);
}
