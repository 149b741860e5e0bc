import { Lexer, Parser } from 'yaml';

/** Deeper than anything a person writes, and far from where the stack ends. */
export const DEEPEST_YAML = 200;

/** Each level of nesting begins with one of these. */
const BEGINS = /[-[{?:]/g;

/**
 * True if YAML text nests deeper than `deepestYaml`. Ask this before composing the text, which recurses: if the stack
 * ends inside a regular expression that is just being compiled, V8 does not throw but ends the process.
 */
export function isTooDeep(text: string): boolean {
  // As most texts are: no parser is needed to tell. Half, since a level may take two places of the parser's stack.
  if ((text.match(BEGINS)?.length ?? 0) < DEEPEST_YAML / 2) return false;
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme));
    if (parser.stack.length > DEEPEST_YAML) return true;
  }
  return false;
}
