/** Characters of a line that are looked at. */
const MOST_CHARACTERS = 1_000;

/** Words in a name that say that what follows is a secret. */
const SECRET = 'pass(?:word|wd|phrase)?|secret|token|credential|api[-_]?key|private[-_]?key';

/** `PGPASSWORD=x`, `"token": "x"`, `--secret=x`, `--password x`: the name with what joins it to the value, and the value. */
const NAMED = new RegExp(
  `((?:--?[\\w-]*|\\b[\\w.-]*)(?:${SECRET})[\\w.-]*["']?(?:\\s*[=:]\\s*|(?<=--?[\\w-]*)\\s+))("[^"]*"|'[^']*'|[^\\s"']\\S*)`,
  'gi',
);

/** The scheme of an `Authorization` header, with what it brings. */
const AUTHORIZATION = /\b(bearer|basic)(\s+)[\w+/=.~-]{8,}/gi;

/** The password of a URL such as `https://user:password@host/`. */
const IN_URL = /(:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g;

/**
 * A command as one line for a record: a line for the shell as it is, words that need it in quotes. What is plainly a secret
 * is left out; what is not plain stays, as nobody can tell a password from a word.
 */
export function commandLine(words: readonly string[]): string {
  const [program, option, line] = words;
  const isShell = words.length === 3 && program === '/bin/sh' && option === '-c' && line !== undefined;
  // No more of it than is looked through in a moment: a record keeps less.
  return withoutSecrets((isShell ? line : words.map(quoted).join(' ')).slice(0, MOST_CHARACTERS));
}

function withoutSecrets(line: string): string {
  return line.replace(IN_URL, '$1***').replace(AUTHORIZATION, '$1$2***').replace(NAMED, '$1***');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
