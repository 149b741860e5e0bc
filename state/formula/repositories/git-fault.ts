import type { EnsembleError } from '../../platform/errors.js';
import { RepositoryNotFound, RepositoryUnavailable } from '../errors.js';
import type { GitLocation } from './git-location.js';

/** A server's words where it was asked too often. */
const RATE_LIMIT = /returned error: 429|rate.?limit|too many requests/i;

/** The words of git, and their meaning; the first that fits counts. */
const unavailable: readonly (readonly [RegExp, string, string?])[] = [
  [
    /could not read (Username|Password)|terminal prompts disabled|Authentication failed|Invalid username/i,
    'it asks for a user and a password',
    'keep them where git finds them, such as in ~/.netrc, or use git+ssh: with a key, then the same command again',
  ],
  [
    /Permission denied \(|Host key verification failed/i,
    'ssh is refused',
    'have `ssh` to that host work without a question, then the same command again',
  ],
  [/Could not resolve host(name)?|Name or service not known/i, 'the name of its host is not known'],
  [/Connection refused|Failed to connect|Couldn't connect/i, 'nothing listens there'],
  [/Operation too slow|timed out|Operation timed out/i, 'it does not answer'],
  [/SSL certificate|certificate verif|server certificate/i, 'its certificate is not trusted'],
  [
    /transport '.*' not allowed|protocol '.*' not supported/i,
    'it leads to a protocol that is not spoken here',
  ],
  [
    /maximum .*redirects|redirect/i,
    'it redirects in a way that is not followed',
    'check the URL, and name the place to which it redirects, as `git ls-remote` says',
  ],
  [
    /hung up unexpectedly|early EOF|unexpected disconnect|RPC failed|index-pack failed|invalid index-pack|Connection reset/i,
    'the connection to it broke',
  ],
];

const MISSING =
  /not found|does not exist|does not appear to be a git repository|No such file or directory|not a git repository/i;

/** The error for what git said when it failed. @param code its exit status; null where a signal ended it */
export function gitFault({ url }: GitLocation, said: string, code: number | null): EnsembleError {
  if (RATE_LIMIT.test(said))
    return new RepositoryUnavailable({
      repository: url,
      reason: 'it was asked too often',
      rateLimited: true,
    });
  for (const [words, reason, next] of unavailable)
    if (words.test(said))
      return new RepositoryUnavailable({ repository: url, reason, ...(next !== undefined && { next }) });
  if (MISSING.test(said)) return new RepositoryNotFound({ path: url, reason: 'there is no git repository' });
  const [line = ''] = said.split(/[\r\n]+/).filter((each) => /^(fatal|error|remote):/.test(each));
  const what = line === '' ? `git ended with ${code ?? 'a signal'}` : `git says: ${line}`;
  return new RepositoryUnavailable({ repository: url, reason: what });
}
