import { parseLocation } from './location.js';

/**
 * The common form of all spellings of one place: the scheme of git, `www.`, `.git` and doubled slashes do not count,
 * nor does the case of the host; that of the path does. @throws RepositoryUrlInvalid
 */
export function placeOf(text: string): string {
  const location = parseLocation(text);
  switch (location.kind) {
    case 'directory':
      return `directory:${location.path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')}`;
    case 'index':
      return `index:${hostAndPath(location.url)}`;
    case 'bucket':
      return `bucket:${location.url}`;
    case 'git': {
      const { protocol, remote, ref = '', path } = location;
      const place = protocol === 'file' ? remote : hostAndPath(remote);
      return `git:${place.replace(/\.git$/, '')}#${ref}:${path}`;
    }
  }
}

function hostAndPath(url: string): string {
  const { rest = '' } = /^[a-z]+:\/\/(?:[^@/]*@)?(?<rest>.*)$/i.exec(url)?.groups ?? {};
  const [host = '', ...path] = rest.split('/');
  const parts = path.filter((part) => part !== '');
  return [host.toLowerCase().replace(/^www\./, ''), ...parts].join('/');
}
