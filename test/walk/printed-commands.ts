/** Where a command begins in what is printed: at a program that messages name. */
const PROGRAM = /(?<![\w/.-])(?:ensemble(?:-agent)?|kill|systemctl) /g;

/** Where it ends: what a sentence goes on with. A word in quotes may hold it. */
const END = /^(?:[,;)]|\.?$| \(| or | and |\. )/;

/**
 * The commands that a line of text names, each as a reader would copy it: up to the sign or the word by which the
 * sentence around it goes on.
 */
export function commandsIn(line: string): readonly string[] {
  return [...line.matchAll(PROGRAM)].map(({ index }) => {
    const text = line.slice(index);
    let quote = '';
    let end = 0;
    while (end < text.length && (quote !== '' || !END.test(text.slice(end)))) {
      const sign = text[end] ?? '';
      if (quote === '' ? sign === "'" || sign === '"' : sign === quote) quote = quote === '' ? sign : '';
      end += 1;
    }
    return text.slice(0, end).trimEnd();
  });
}
