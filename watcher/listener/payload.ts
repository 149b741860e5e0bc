/** Where forges say in a webhook which repository it is about: GitHub in `repository`, GitLab in `project`. */
const OWNERS = ['repository', 'project'];
const URLS = [
  'clone_url',
  'ssh_url',
  'git_url',
  'html_url',
  'git_http_url',
  'git_ssh_url',
  'http_url',
  'web_url',
  'url',
  'homepage',
];

/**
 * The repositories that a webhook's payload is about, as `repositoryKey` spells them; none where it names none, or is no
 * JSON. Nothing else of it is believed: it only says what to look at.
 */
export function repositoriesOf(body: Uint8Array): ReadonlySet<string> {
  let payload: unknown;
  try {
    const text = Buffer.from(body).toString('utf8');
    // GitHub may send a form instead.
    const form = text.startsWith('payload=') ? new URLSearchParams(text).get('payload') : undefined;
    payload = JSON.parse(form ?? text);
  } catch {
    return new Set();
  }
  const keys = OWNERS.flatMap((owner) => URLS.map((name) => keyIn(valueAt(valueAt(payload, owner), name))));
  return new Set(keys.filter((key) => key !== undefined));
}

function keyIn(url: unknown): string | undefined {
  return typeof url === 'string' ? repositoryKey(url) : undefined;
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/**
 * The common form of a repository's URLs, whatever the protocol, the user, the port, the ref and the path in it: the host
 * and the path, in lower case, as forges do not tell cases apart. It is no identity: who matches is looked at once too
 * often at worst. Undefined of what is no URL of a repository on a host.
 */
export function repositoryKey(url: string): string | undefined {
  const plain = url.replace(/^git\+/i, '').replace(/[#?].*$/s, '');
  const scp = /^(?:[^@/\s]+@)?(?<host>[^:/\s]+):(?<path>(?!\/\/)[^\s]+)$/.exec(plain);
  const full = /^[a-z]+:\/\/(?:[^@/\s]*@)?(?<host>[^:/\s]+)(?::\d+)?\/(?<path>[^\s]+)$/i.exec(plain);
  const { host, path } = (full ?? scp)?.groups ?? {};
  if (host === undefined || path === undefined) return undefined;
  const parts = path.split('/').filter((part) => part !== '');
  const name = parts.join('/').replace(/\.git$/i, '');
  return name === '' ? undefined : `${host.replace(/^www\./i, '')}/${name}`.toLowerCase();
}
