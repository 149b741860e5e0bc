import { parseWindow } from '../../state/model/upgrade-window.js';
import { isTimeZone } from '../../state/platform/zoned-time.js';
import { systemClock } from '../../state/platform/clock.js';
import { isCandidateKey } from '../../state/formula/candidate-mark.js';
import { nameFault } from '../../state/formula/formula-id.js';
import { isMachineName, likeMachineName, MACHINE_NAME_RULE } from '../../state/model/machine-name.js';
import { workflowStates } from '../../state/model/workflow-state.js';
import { MOMENTS, type Moment, parseMoment } from './moment.js';
import { parseToCome } from './to-come.js';
import { historyKind, historyKinds } from './history-kinds.js';
import { parseSpan } from '../../state/platform/span.js';
import { parseDuration } from '../output/durations.js';
import { ANY_ERROR } from '../../control/status/unit-filter.js';

/** A value on the command line is not what its option takes; the message ends the sentence that names the option. */
export class ValueRefused extends Error {}

/** More units than this in one command are a slip of the finger. */
const MOST_UNITS = 10_000;

export function serviceName(text: string): string {
  const fault = nameFault(text);
  if (fault !== undefined) throw new ValueRefused(`A service's name ${fault}.`);
  return text;
}

/** For an argument that takes several services. */
export function serviceNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, serviceName(text)];
}

/** `mysql-12`, several by repeating the option. */
export function namedRevisions(
  text: string,
  before: readonly { readonly name: string; readonly revision: number }[] = [],
): readonly { readonly name: string; readonly revision: number }[] {
  const { name = '', number = '' } = /^(?<name>.+)-(?<number>\d{1,15})$/.exec(text)?.groups ?? {};
  if (number === '' || nameFault(name) !== undefined)
    throw new ValueRefused('Write a formula with its revision, such as mysql-12.');
  return [...before, { name, revision: Number(number) }];
}

export function unitName(text: string): string {
  const match = /^(.+)\/(0|[1-9]\d{0,14})$/.exec(text);
  if (match === null || nameFault(match[1] ?? '') !== undefined) {
    throw new ValueRefused('Units are called SERVICE/NUMBER, such as mysql/0.');
  }
  return text;
}

/** For arguments that take several values: commander gives what was collected so far. Also for several units between commas. */
export function unitNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...new Set([...before, ...text.split(',').map(unitName)])];
}

/** A service, or units: `revert-formula` takes either. */
export function serviceOrUnits(text: string, before: readonly string[] = []): readonly string[] {
  if (!text.includes('/') && before.length === 0) return [serviceName(text)];
  if (before.some((name) => !name.includes('/'))) throw new ValueRefused('Name one service, or units.');
  return unitNames(text, before);
}

/** An open change: `pr:22`, or `branch:foo` for the branch `candidate/foo`. */
export function candidateKey(text: string): string {
  if (!isCandidateKey(text))
    throw new ValueRefused(
      'Write pr:NUMBER for a pull or merge request, or branch:NAME for the branch candidate/NAME.',
    );
  return text;
}

export function unitCount(text: string): number {
  return wholeNumber(text, 1, MOST_UNITS);
}

/** A service may be deployed without units, to add them later. */
export function unitCountOrNone(text: string): number {
  return wholeNumber(text, 0, MOST_UNITS);
}

export function revision(text: string): number {
  return wholeNumber(text, 0, Number.MAX_SAFE_INTEGER);
}

/** Names of hooks, with `*` and `?`. */
export function hookPatterns(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[A-Za-z0-9_.*?-]+$/.test(text)) {
    throw new ValueRefused('Write the names of hooks, such as start; * and ? may stand for anything.');
  }
  return [...before, text];
}

/** `mysql` or `mysql/0`. */
export function serviceOrUnit(text: string): string {
  return text.includes('/') ? unitName(text) : serviceName(text);
}

/** How many lines or entries to show at most. */
export function lineCount(text: string): number {
  return wholeNumber(text, 1, Number.MAX_SAFE_INTEGER);
}

/** How many revisions to keep, or how many days. */
export function anyCount(text: string): number {
  return wholeNumber(text, 0, 1_000_000);
}

const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

/** In either case. */
export function logLevel(text: string): string {
  const level = text.toUpperCase();
  if (!LOG_LEVELS.includes(level)) throw new ValueRefused(`Levels are ${LOG_LEVELS.join(', ')}.`);
  return level;
}

/** `mysql` or `mysql:db`. */
export function endpoint(text: string): string {
  const [service = '', relation, ...rest] = text.split(':');
  if (nameFault(service) !== undefined || rest.length > 0 || relation === '') {
    throw new ValueRefused('Write SERVICE, or SERVICE:RELATION, such as mysql or mysql:db.');
  }
  return text;
}

/** The names that `status` is narrowed to; with `*` and `?`. */
export function scopes(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[A-Za-z0-9*?][A-Za-z0-9._*?/-]*$/.test(text)) {
    throw new ValueRefused('Write the name of a service, a unit or a machine; * and ? stand for anything.');
  }
  return [...before, text];
}

/** States that `status` picks units by. */
export function unitStates(text: string, before: readonly string[] = []): readonly string[] {
  if (text !== ANY_ERROR && !workflowStates.some((state) => state === text))
    throw new ValueRefused(`States are ${[ANY_ERROR, ...workflowStates].join(', ')}.`);
  return [...before, text];
}

export function machineNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...new Set([...before, machineName(text)])];
}

/** Milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new ValueRefused('Write it like 30s, 5m or 1h.');
  return ms;
}

/** How long something is to last: milliseconds. */
export function span(text: string): number {
  const ms = parseSpan(text);
  if (ms === undefined) throw new ValueRefused('Write it like 12h, 3d or 2w.');
  return ms;
}

/** A time to come, in milliseconds since 1970. */
export function timeToCome(text: string): number {
  const now = systemClock.now();
  const found = parseToCome(text, now);
  if (found === undefined)
    throw new ValueRefused('Write a time such as 18:00, 2026-12-01 or 2026-12-01T18:00Z.');
  if (found <= now) throw new ValueRefused('That is over already; for so long from now on there is --for.');
  return found;
}

/** Services, and units; several units may stand between commas. */
export function servicesAndUnits(text: string, before: readonly string[] = []): readonly string[] {
  return [...new Set([...before, ...text.split(',').map(serviceOrUnit)])];
}

/** A time in the past. */
export function moment(text: string): Moment {
  const found = parseMoment(text, systemClock.now());
  if (found === undefined) throw new ValueRefused(`Write a time like ${MOMENTS}.`);
  return found;
}

/** The kinds that `history` picks entries by, several between commas. */
export function kindsOfEntries(text: string, before: readonly string[] = []): readonly string[] {
  const kinds = text.split(',').map((word) => {
    const kind = historyKind(word.trim());
    if (kind === undefined)
      throw new ValueRefused(
        `${JSON.stringify(word)} is none of ${historyKinds.join(', ')}, nor a relation’s hook such as db-relation-changed.`,
      );
    return kind;
  });
  return [...before, ...kinds];
}

/** A person, with `*` and `?`. */
export function personName(text: string): string {
  if (text.trim() === '') throw new ValueRefused('Write a name such as ann, or ann@host.');
  return text.trim();
}

/** By the rule that agents go by too. */
export function machineName(text: string): string {
  if (isMachineName(text)) return text;
  throw new ValueRefused(`A machine's name ${MACHINE_NAME_RULE}; ${likeMachineName(text)} would do.`);
}

/** `m1` or `mysql/0`. */
export function machineOrUnit(text: string): string {
  return text.includes('/') ? unitName(text) : machineName(text);
}

/** For an option given several times. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function wholeNumber(text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new ValueRefused(
    `It must be a whole number, at least ${least}${most < 1e9 ? ` and at most ${most}` : ''}.`,
  );
}

/** A window in which something may be done by itself, after those given before. */
export function upgradeWindows(text: string, before: readonly string[] = []): readonly string[] {
  if (parseWindow(text) === undefined)
    throw new ValueRefused("must be such as '02:00-06:00', 'Sat 02:00-06:00' or 'not Fri 12:00-24:00'");
  return [...before, text];
}

/** The name of a time zone that this machine knows. */
export function timeZone(text: string): string {
  if (!isTimeZone(text)) throw new ValueRefused('must be a time zone such as Europe/Berlin or UTC');
  return text;
}
