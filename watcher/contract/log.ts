import { EnsembleError } from '../../state/platform/errors.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** The watcher's own log, for operators. Of an `error` among the fields it says the sentence. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Writes one line per event: JSON for machines, or a short one for people at a terminal. */
export function openLog(
  write: (line: string) => void,
  style: 'json' | 'human',
  now: () => number,
  debug: boolean,
): Log {
  const line = (level: keyof Log, message: string, fields: LogFields = {}): void => {
    if (level === 'debug' && !debug) return;
    const { error, ...others } = fields;
    const said = { ...others, ...(error !== undefined && { error: sentence(error, debug) }) };
    const time = new Date(now()).toISOString();
    if (style === 'json') write(`${JSON.stringify({ time, level, message, ...said })}\n`);
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
