/**
 * A command that a sentence names: from the program on, up to the sign or the word by which the sentence goes on. A sign
 * within quotes ends nothing.
 */
const COMMAND =
  /(?<![\w/.-])(?:ensemble(?:-agent)? |systemctl |kill (?=-|\d))(?:'[^']*'|"[^"]*"|.)+?(?=$|[,;)]| \(| or | and |\.(?: |$))/g;

/** True if a text names a command. */
export function namesCommand(text: string): boolean {
  return text.search(COMMAND) >= 0;
}

/**
 * The words of a text, where each command that it names is one of them: broken over two lines it could not be copied, and
 * its first line may be another command.
 */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let end = 0;
  // A sign right after a command stays with it.
  for (const { 0: command, index } of text.matchAll(COMMAND)) {
    words.push(...text.slice(end, index).split(' ').slice(0, -1));
    const sign = /^\S*/.exec(text.slice(index + command.length))?.[0] ?? '';
    const before = /\S*$/.exec(text.slice(end, index))?.[0] ?? '';
    words.push(`${before}${command}${sign}`);
    end = index + command.length + sign.length + 1;
  }
  return [...words, ...(end <= text.length ? text.slice(end).split(' ') : [])];
}
