import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openRepository } from '../../state/formula/repositories/open.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import { readRepository } from '../../state/model/repositories.js';

/** A name of a repository, as an environment has them: a path or a URL is none. */
const repositoryName = /^[a-z][a-z0-9-]{0,62}$/;

/** Why a text is no name for a repository, in words that follow it; undefined where it is one. */
export function repositoryNameFault(text: string): string | undefined {
  return repositoryName.test(text)
    ? undefined
    : 'must be lower-case letters, digits and dashes, and start with a letter';
}

/**
 * Opens what somebody wrote for a repository: the name that the environment has for one, or else a path or a URL. A
 * directory that is called like one of these names is written with a slash: `./name`.
 * @throws as `openRepository`; NodeInvalid
 */
export async function openNamed(coordinator: Coordinator, text: string): Promise<Repository> {
  const named = repositoryName.test(text) ? await readRepository(coordinator, text) : undefined;
  return named === undefined ? openRepository(text) : openRepository(named.url, { name: named.name });
}
