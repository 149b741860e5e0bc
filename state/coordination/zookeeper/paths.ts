const RELATIVE = /^(?!\/)|.\/$|\/\/|\/\.\.?(?:\/|$)/;
/** Letters that ZooKeeper refuses (org.apache.zookeeper.common.PathUtils), those outside the basic plane included. */
const FOREIGN = /[\p{Cc}\p{Co}\p{Cs}\ufff0-\uffff\u{10000}-\u{10ffff}]/u;

/** The full path on the server. @throws TypeError for what is no path: a mistake of the calling code */
export function fullPath(chroot: string, path: string): string {
  if (RELATIVE.test(path) || FOREIGN.test(path)) {
    throw new TypeError(`${JSON.stringify(path)} is no path of the state tree`);
  }
  return path === '/' ? chroot || '/' : chroot + path;
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
