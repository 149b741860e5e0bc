/** Characters of a line that are looked at. */
const MOST_CHARACTERS = 1_000;

/** Words in a name that say that what follows is a secret. */
const SECRET = 'pass(?:word|wd|phrase)?|secret|token|credential|api[-_]?key|private[-_]?key';

/** A word as the shell reads it: with its quotes, and what they and backslashes keep together. A line may end within. */
const WORD = String.raw`(?:"(?:\\.|[^"\\])*(?:"|\\?$)|'[^']*(?:'|$)|\\.|[^\s"'\\])+`;

/** `PGPASSWORD=x`, `--secret=x`, `--password x`: the name with what joins it to the value, and the value. */
const NAMED = new RegExp(
  `((?:--?[\\w-]*|\\b[\\w.-]*)(?:${SECRET})[\\w.-]*["']?(?:\\s*=\\s*|(?<=--?[\\w-]*)\\s+))${WORD}`,
  'gi',
);

/** `"token": "x"`, `X-Api-Key: x`; one that is not in quotes goes on to the next quote. */
const TITLED = new RegExp(
  `(\\b[\\w.-]*(?:${SECRET})[\\w.-]*["']?\\s*:\\s*)(?:"(?:\\\\.|[^"\\\\])*(?:"|\\\\?$)|'[^']*(?:'|$)|[^"'\\s][^"']*)`,
  'gi',
);

/** An option whose value is the next word, and a word with its value in it. */
const OPTION = new RegExp(`^--?[\\w-]*(?:${SECRET})[\\w-]*$`, 'i');
const WITH_VALUE = new RegExp(`^((?:--?)?[\\w.-]*(?:${SECRET})[\\w.-]*\\s*[=:]\\s*)[^]+$`, 'i');

const HIDDEN = '***';

/** The scheme of an `Authorization` header, with what it brings. */
const AUTHORIZATION = /\b(bearer|basic)(\s+)[\w+/=.~-]{8,}/gi;

/** The password of a URL such as `https://user:password@host/`. */
const IN_URL = /(:\/\/[^\s/:@]*:)[^\s/]+(?=@)/g;

/**
 * A command as one line for a record: a line for the shell as it is, words that need it in quotes. What is plainly a secret
 * is left out; what is not plain stays, as nobody can tell a password from a word.
 */
export function commandLine(words: readonly string[]): string {
  const [program, option, line] = words;
  const isShell = words.length === 3 && program === '/bin/sh' && option === '-c' && line !== undefined;
  // No more of it than is looked through in a moment: a record keeps less.
  if (isShell) return withoutSecrets(line.slice(0, MOST_CHARACTERS));
  const shown = words.map((word, index) => {
    const beginning = word.slice(0, MOST_CHARACTERS);
    return OPTION.test(words[index - 1] ?? '') ? HIDDEN : ofWord(beginning);
  });
  return shown.map(quoted).join(' ').slice(0, MOST_CHARACTERS);
}

/** One word to the program is one value, even if it has blanks in it. */
function ofWord(word: string): string {
  const [, name] = WITH_VALUE.exec(word) ?? [];
  return name === undefined ? withoutSecrets(word) : `${name}${HIDDEN}`;
}

function withoutSecrets(line: string): string {
  return line
    .replace(IN_URL, `$1${HIDDEN}`)
    .replace(AUTHORIZATION, `$1$2${HIDDEN}`)
    .replace(NAMED, `$1${HIDDEN}`)
    .replace(TITLED, `$1${HIDDEN}`);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word.replaceAll(HIDDEN, '-')) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
