import { readFileSync } from 'node:fs';
import { placeIn } from '../../control/candidates/depends-on.js';
import type { Forge } from '../../control/candidates/forges/forge.js';
import type { ForgeSettings } from '../../state/environments/environment.js';
import type { GitLocation } from '../../state/formula/repositories/git-location.js';

/** A repository at a forge. */
export interface AtForge {
  readonly forge: Forge;
  /** `owner/name`. */
  readonly path: string;
}

/** The forges that everybody knows. */
const known: readonly ForgeSettings[] = [
  { host: 'github.com', kind: 'github' },
  { host: 'gitlab.com', kind: 'gitlab' },
];

/**
 * Where the open changes of a repository are asked for; undefined where its host is no forge that is known.
 * @returns `why` where its token cannot be had
 */
export function forgeOf(
  { protocol, remote }: Pick<GitLocation, 'protocol' | 'remote'>,
  settings: readonly ForgeSettings[],
  variables: NodeJS.ProcessEnv,
): AtForge | { readonly why: string } | undefined {
  if (protocol === 'file') return undefined;
  const { host, hostname, pathname } = new URL(remote);
  const found = [...settings, ...known].find((each) =>
    [host, hostname].some((name) => name.toLowerCase() === each.host.toLowerCase()),
  );
  if (found === undefined) return undefined;
  const token = tokenOf(found, variables);
  if (typeof token === 'object') return token;
  const forge = { kind: found.kind, host: found.host, api: found.api ?? apiOf(found), token };
  return { forge, path: pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '') };
}

/** The name under which changes of the repository are known to others: `github.com/owner/name`. */
export function placeOfChanges({ protocol, remote }: Pick<GitLocation, 'protocol' | 'remote'>): string {
  if (protocol === 'file') return remote.replace(/^file:\/\//, 'file:');
  const { hostname, pathname } = new URL(remote);
  return placeIn(hostname, pathname);
}

function apiOf({ kind, host }: ForgeSettings): string {
  if (kind === 'gitlab') return `https://${host}/api/v4`;
  return host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`;
}

/** The token for a forge; undefined where none is to be had. @returns `why` where it cannot be */
export function tokenOf(
  { host, tokenFile, tokenVariable }: ForgeSettings,
  variables: NodeJS.ProcessEnv,
): string | undefined | { readonly why: string } {
  if (tokenVariable !== undefined) {
    const token = variables[tokenVariable]?.trim();
    return token
      ? token
      : { why: `the token for ${host} is to stand in $${tokenVariable}, which is not set` };
  }
  if (tokenFile === undefined) return undefined;
  try {
    const token = readFileSync(tokenFile, 'utf8').trim();
    return token === ''
      ? { why: `the token for ${host} is to stand in ${tokenFile}, which is empty` }
      : token;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { why: `the token for ${host} cannot be read from ${tokenFile}: ${code}` };
  }
}
