import { Document, visit } from 'yaml';

/**
 * A value as YAML that every reader takes for the same value: text that YAML 1.1 or 1.2 would read as something else
 * (`no`, `12:30`, `0o17`, a date) stands in quotes, also where it is a key. Lines are not folded. Ends in a newline.
 */
export function renderYaml(value: unknown): string {
  const document = new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, scalar) {
      // YAML 1.1's "default value", which PyYAML refuses to read and the library does not know.
      if (scalar.value === '=') scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}
