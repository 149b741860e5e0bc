const RELATIVE = /^(?!\/)|.\/$|\/\/|\/\.\.?(?:\/|$)/;
/** Letters that ZooKeeper refuses (org.apache.zookeeper.common.PathUtils). */
const FOREIGN = /[\p{Cc}\p{Co}\p{Cs}\ufff0-\uffff]/u;

/**
 * ZooKeeper also refuses what lies outside of Unicode's basic plane, such as emoji, which people give directories and so
 * repositories. On the server such a letter stands as `\u{1f4e6}`, and what looks like that as `\u{5c}u{…`.
 */
const escaped = (path: string): string =>
  path.replace(
    /[\u{10000}-\u{10ffff}]|\\(?=u\{)/gu,
    (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`,
  );

/** A name on the server as callers know it. */
export function nameOf(onServer: string): string {
  return onServer.replace(/\\u\{([0-9a-f]{1,6})\}/g, (_, code) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

/** The full path on the server. @throws TypeError for what is no path: a mistake of the calling code */
export function fullPath(chroot: string, path: string): string {
  if (RELATIVE.test(path) || FOREIGN.test(path)) {
    throw new TypeError(`${JSON.stringify(path)} is no path of the state tree`);
  }
  return path === '/' ? chroot || '/' : chroot + escaped(path);
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
