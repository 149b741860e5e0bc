import { EnsembleError } from '../../state/platform/errors.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** The watcher's own log, for operators. Of an `error` among the fields it says the sentence. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** How the journal of the system calls these, as it takes them before a line. */
const PRIORITIES: Readonly<Record<keyof Log, number>> = { error: 3, warning: 4, info: 6, debug: 7 };

/**
 * True if this process writes straight into the journal of the system, which then takes a priority before each line.
 * @param stdout as `fstat` has it
 */
export function isJournal(
  { JOURNAL_STREAM: stream }: NodeJS.ProcessEnv,
  { dev, ino }: { readonly dev: number; readonly ino: number },
): boolean {
  // What a service starts, and where its output goes elsewhere, has the variable too.
  return stream === `${dev}:${ino}`;
}

/** Writes one line per event: JSON for machines, with a priority for the journal, or a short one for people at a terminal. */
export function openLog(
  write: (line: string) => void,
  style: 'json' | 'journal' | 'human',
  now: () => number,
  debug: boolean,
): Log {
  const line = (level: keyof Log, message: string, fields: LogFields = {}): void => {
    if (level === 'debug' && !debug) return;
    const { error, ...others } = fields;
    const said = { ...others, ...(error !== undefined && { error: sentence(error, debug) }) };
    const time = new Date(now()).toISOString();
    const json = `${JSON.stringify({ time, level, message, ...said })}\n`;
    if (style === 'json') write(json);
    else if (style === 'journal') write(`<${PRIORITIES[level]}>${json}`);
    else {
      const rest = Object.entries(said).map(([name, value]) => ` ${name}=${value}`);
      write(`${time.slice(11, 19)} ${level === 'info' ? '' : `${level}: `}${message}${rest.join('')}\n`);
    }
  };
  return {
    debug: (message, fields) => line('debug', message, fields),
    info: (message, fields) => line('info', message, fields),
    warning: (message, fields) => line('warning', message, fields),
    error: (message, fields) => line('error', message, fields),
  };
}

/** An error in an operator's words: what happened and what to do next; the stack only for debugging. */
export function sentence(error: unknown, debug = false): string {
  if (error instanceof EnsembleError)
    return error.next === undefined ? error.message : `${error.message}; next: ${error.next}`;
  if (!(error instanceof Error)) return String(error);
  return debug ? (error.stack ?? error.message) : error.message;
}
