/** The text as a shell takes it for one word, quoted only where it must be: for commands that messages name. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellQuoted(text);
}

/** The text in quotes, as a shell reads back exactly it. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
