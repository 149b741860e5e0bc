import { attentionOf } from '../../control/status/attention.js';
import type { StatusDocument } from '../../control/status/status-document.js';
import { wrapToWidth } from '../output/width.js';

/** The problems that need somebody, as lines under a heading; none if there are none. */
export function attentionLines(document: StatusDocument, columns: number, now: number): readonly string[] {
  const all = attentionOf(document, now);
  if (all.length === 0) return [];
  const indented = (text: string): readonly string[] =>
    text === '' ? [] : wrapToWidth(text, columns - 4).map((line) => `    ${line}`);
  return [
    'NEEDS ATTENTION',
    ...all.flatMap(({ who, what, text, next }) => [
      ...wrapToWidth(`${who}: ${what}`, columns),
      ...indented(text),
      // One command in a line, so that it can be copied.
      ...(next === undefined ? [] : `next: ${next}`.split(/, (?=then: |or: )/).map((line) => `    ${line}`)),
    ]),
  ];
}
