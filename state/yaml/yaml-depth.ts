import { Lexer, Parser } from 'yaml';

/** Deeper than anything a person writes, and far from where the stack ends. */
export const deepestYaml = 200;

/**
 * Whether YAML text nests deeper than `deepestYaml`. To be asked before the text is composed, which recurses: where
 * the stack ends inside a regular expression that is just being compiled, V8 does not throw but ends the process.
 */
export function isTooDeep(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme));
    if (parser.stack.length > deepestYaml) return true;
  }
  return false;
}
