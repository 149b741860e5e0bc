/** Nearly all text looks like this, which is told without the tables of Unicode. */
const PLAIN = /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/;

/** Control, private and direction characters, but for the tab. */
const UNSAFE = /(?!\t)[\p{Cc}\p{Co}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text of others (a hook's message, a host name) as it may go to a terminal: in one line, and without the control and
 * direction characters by which it could move the cursor or change what an operator believes to have read.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/\s+/gu, ' ').replace(UNSAFE, '�').trim();
}

/** The same of a line that is shown as it was printed, with its spaces and tabs. */
export function printableLine(line: string): string {
  return PLAIN.test(line) ? line : line.replace(/[^\S\t]/gu, ' ').replace(UNSAFE, '�');
}
