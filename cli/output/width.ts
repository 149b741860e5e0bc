import { wordsOf } from './commands-in-text.js';

/** Made when the first text needs it: its tables take longer to load than most commands take in all. */
let graphemes: Intl.Segmenter | undefined;

/** Characters that take two columns: East Asian wide and full-width ranges (Unicode's UAX #11), and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ASCII = /^[\x20-\x7e]*$/;

/** The columns `text`, printable and without colours, takes on a terminal. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const segment of segmentsOf(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** `text` cut to at most `columns`, with `…` where something is missing; never through the middle of a character. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const segment of segmentsOf(text)) {
    const next = width + (WIDE.test(segment) ? 2 : 1);
    if (next > columns - 1) break;
    kept += segment;
    width = next;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/**
 * `text` in lines of at most `columns`, broken between words; a word that is longer than a line is broken within, but
 * never through the middle of a character. A command that it names is never broken: where it has no room in a line, it is
 * one that is longer, which the terminal breaks, so that it can be copied in one piece. One empty line for no text.
 */
export function wrapToWidth(text: string, columns: number): readonly string[] {
  if (displayWidth(text) <= columns) return [text];
  const room = Math.max(1, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    if (word.includes(' ')) {
      lines.push(word);
      continue;
    }
    for (const segment of segmentsOf(word)) {
      if (displayWidth(line + segment) > room && line !== '') {
        lines.push(line);
        line = '';
      }
      line += segment;
    }
  }
  return line === '' ? lines : [...lines, line];
}

function* segmentsOf(text: string): Generator<string> {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text)) yield segment;
}
