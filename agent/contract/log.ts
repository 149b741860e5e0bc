import type { Clock } from '../../state/platform/clock.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { refusedBySystem } from './refused-by-system.js';

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** The subject of a line; `error` is rendered by its sentence. */
export interface LogFields {
  readonly unit?: string;
  readonly error?: unknown;
  readonly [name: string]: unknown;
}

/** The agent's own log; what hooks say goes to their units' logs. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/**
 * Writes one line per event: JSON for machines, or short lines for people at a terminal.
 * @param carried makes the commands that a text names go to this agent's environment
 */
export function openLog(
  write: (line: string) => void,
  style: 'json' | 'human',
  now: () => number,
  debug: boolean,
  carried: (text: string) => string = (text) => text,
): Log {
  const line = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (level === 'debug' && !debug) return;
    const { error, ...others } = fields;
    const said = error === undefined ? others : { ...others, error: carried(sentence(error, debug)) };
    const time = new Date(now()).toISOString();
    const what = carried(message);
    write(
      style === 'json'
        ? `${JSON.stringify({ time, level, message: what, ...said })}\n`
        : `${time.slice(11, 19)} ${level === 'info' ? '' : `${level}: `}${human(what, said)}\n`,
    );
  };
  return {
    debug: (message, fields) => line('debug', message, fields),
    info: (message, fields) => line('info', message, fields),
    warning: (message, fields) => line('warning', message, fields),
    error: (message, fields) => line('error', message, fields),
  };
}

/** The log of one life of a unit: what it says of the unit says which life, too. */
export function ofLife(log: Log, incarnation: string | undefined): Log {
  if (incarnation === undefined) return log;
  const of = (fields: LogFields | undefined): LogFields | undefined =>
    fields?.unit === undefined ? fields : { ...fields, incarnation };
  return {
    debug: (message, fields) => log.debug(message, of(fields)),
    info: (message, fields) => log.info(message, of(fields)),
    warning: (message, fields) => log.warning(message, of(fields)),
    error: (message, fields) => log.error(message, of(fields)),
  };
}

/** Milliseconds that a line may wait for others. */
const GATHERING = 20;

/**
 * Writes lines that come soon after each other together: each write takes the system longer than the line.
 * @param exits tells the end of the process, which may come before theirs
 */
export function together(
  write: (text: string) => void,
  exits: (listener: () => void) => void,
  clock: Clock,
): (line: string) => void {
  const lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) write(lines.splice(0).join(''));
  };
  exits(flush);
  return (line) => {
    if (lines.push(line) === 1) clock.after(GATHERING, flush);
  };
}

/** An error in an operator's words: what happened and what to do next; the stack only for debugging. */
export function sentence(failure: unknown, debug = false): string {
  const error = debug ? failure : refusedBySystem(failure);
  if (error instanceof EnsembleError) {
    return error.next === undefined ? error.message : `${error.message}; next: ${error.next}`;
  }
  if (!(error instanceof Error)) return String(error);
  return debug ? (error.stack ?? error.message) : error.message;
}

/** Without the incarnation, which people need where they look into two lives of one name: that is what the journal's JSON is for. */
function human(message: string, { unit, incarnation: _, ...fields }: Record<string, unknown>): string {
  const rest = Object.entries(fields).map(([name, value]) =>
    name === 'error' ? `: ${value}` : ` ${name}=${value}`,
  );
  return `${unit === undefined ? '' : `${unit} `}${message}${rest.join('')}`;
}
