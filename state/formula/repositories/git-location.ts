import { resolve } from 'node:path';
import { RepositoryUrlInvalid } from '../errors.js';
import { isRepositoryName } from '../formula-id.js';

/** Formulas in a git repository. */
export interface GitLocation {
  readonly kind: 'git';
  /** As it is remembered and shown: `git+https://host/repo.git#ref:path`. */
  readonly url: string;
  /** As git takes it. */
  readonly remote: string;
  readonly protocol: 'https' | 'http' | 'ssh' | 'file';
  /** A branch, a tag or a commit; undefined for what the repository has as its HEAD. */
  readonly ref: string | undefined;
  /** Within the repository, without slashes at its ends; empty for all of it. */
  readonly path: string;
  readonly name: string;
}

const PATTERN = /^git\+(?<protocol>https?|ssh|file):(?<rest>[^#]*)(?:#(?<fragment>.*))?$/is;

/** Reads a URL that begins with `git+`. @throws RepositoryUrlInvalid, which repeats no secrets */
export function parseGitLocation(text: string): GitLocation {
  const { protocol: scheme = '', rest = '', fragment = '' } = PATTERN.exec(text)?.groups ?? {};
  const invalid = (reason: string): RepositoryUrlInvalid =>
    new RepositoryUrlInvalid({
      url: scheme === '' ? 'git+…' : `git+${scheme.toLowerCase()}:…`,
      reason,
      next: 'write it like git+https://HOST/REPO.git#REF:PATH',
    });
  const protocol = protocolOf(scheme);
  if (protocol === undefined) throw invalid('there are git+https:, git+http:, git+ssh: and git+file:');
  const remote = protocol === 'file' ? fileRemote(rest) : hostRemote(protocol, rest, invalid);
  const [ref = '', ...paths] = fragment.split(':');
  if (ref !== '' && (!/^[A-Za-z0-9_][\w./+@-]*$/.test(ref) || ref.includes('..')))
    throw invalid('the ref behind # is none');
  const path = paths.join(':').replace(/^\/+|\/+$/g, '');
  if (path.split('/').some((part) => part === '..' || part === '.' || (part === '' && path !== '')))
    throw invalid('the path behind the ref must lead down, without . and ..');
  const name =
    (path === '' ? remote : path)
      .split('/')
      .at(-1)
      ?.replace(/\.git$/, '') ?? '';
  if (!isRepositoryName(name)) throw invalid('the last part of its path cannot be part of a formula id');
  const behind = ref === '' && path === '' ? '' : `#${ref}${path === '' ? '' : `:${path}`}`;
  return { kind: 'git', url: `git+${remote}${behind}`, remote, protocol, ref: ref || undefined, path, name };
}

function protocolOf(scheme: string): GitLocation['protocol'] | undefined {
  return (['https', 'http', 'ssh', 'file'] as const).find((each) => each === scheme.toLowerCase());
}

function fileRemote(rest: string): string {
  return `file://${resolve(rest.replace(/^\/\/(?=\/)/, '')).replace(/\/+$/, '')}`;
}

function hostRemote(
  protocol: GitLocation['protocol'],
  rest: string,
  invalid: (reason: string) => RepositoryUrlInvalid,
): string {
  // Not every scheme's host is understood as one; that of https: is.
  const url = URL.canParse(`https:${rest}`) && rest.startsWith('//') ? new URL(`https:${rest}`) : undefined;
  if (url === undefined) throw invalid('it cannot be read as a URL');
  const isSsh = protocol === 'ssh';
  if (url.password !== '' || (url.username !== '' && !isSsh))
    throw invalid('a user or password must not stand in it, as it is remembered and shown');
  if (url.search !== '') throw invalid('it must hold no ?');
  if (/^-/.test(url.hostname) || (isSsh && !/^[A-Za-z0-9_.-]*$/.test(url.username)))
    throw invalid('its host or user is none');
  const user = url.username === '' ? '' : `${url.username}@`;
  const path = url.pathname.replace(/\/{2,}/g, '/').replace(/\/+$/, '');
  if (path === '') throw invalid('it names no repository on its host');
  return `${protocol}://${user}${url.host}${path}`;
}
