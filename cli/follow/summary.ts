import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import { formatDuration } from '../output/durations.js';
import { namesOf } from '../../control/names-of.js';
import type { FollowEnd } from '../../control/progress/follow.js';
import type { Standing } from '../../control/progress/standing.js';
import type { Goal } from '../../control/progress/goal.js';
import type { Row } from '../../control/progress/row.js';
import { UNREADABLE } from '../../control/status/snapshot.js';

/**
 * Tells at the end of following how many units got there, and for every other one why not and what to do.
 * @param elapsed milliseconds since the command began to follow
 * @param start the command that starts an agent, on a machine or anywhere
 * @param why the reason why no agent works there
 * @param off why units are not asked, or not any more, that did not get there
 */
export function summarize(
  goal: Goal,
  { why, rows }: FollowEnd,
  elapsed: number,
  start: (machine: string | null) => string,
  absence: (machine: string | null) => string = noAgent,
  off = 'somebody had it go back',
): readonly string[] {
  const of = (standing: Standing): readonly Row[] => rows.filter((row) => row.standing === standing);
  if (why === 'interrupted') return interruptedLines(goal, rows);
  const [left, calledOff] = [of('called-off').filter(isInError), of('called-off').filter(isNotInError)];
  const lines = [
    `${of('done').length} of ${rows.length} units run ${reachedBy(goal)} (${formatDuration(elapsed)})`,
    ...of('failed').flatMap((row) => failureLines(goal, row)),
    ...of('stuck').flatMap(stuckLines),
    ...offlineLines(of('offline'), start, absence),
    ...of('gone').map((row) => `${row.unit} was removed meanwhile`),
    ...left.flatMap((row) => failureLines(goal, row)),
    ...calledOff.map(
      (row) =>
        `${row.unit} runs ${row.formula ?? 'nothing'}, and is not asked to go to ${goal.formula}: ${off}`,
    ),
    ...untoldLines(goal, of('untold')),
    ...of('overtaken').map((row) => `${row.unit} was upgraded further meanwhile`),
  ];
  if (calledOff.length > 0) lines.push(`  try: ensemble history ${goal.service}`);
  if (why === 'timeout') {
    const still = of('under-way');
    lines.push(
      `stopped following after ${formatDuration(elapsed)}; ${workOf(goal)}${still.length === 0 ? '' : '. Still under way:'}`,
      ...still.map((row) => `  ${row.unit}: ${row.doing}${row.message === '' ? '' : `: ${row.message}`}`),
      `  try: ensemble status ${goal.service}`,
      ...abortLines(still),
    );
  }
  // Where others took it elsewhere meanwhile, it would not go back to that.
  return rows.some(({ standing }) => standing === 'overtaken' || standing === 'called-off')
    ? lines
    : [...lines, ...wayBackLines(goal)];
}

/** A hook that hangs is ended by a person, who is told how where one may. */
function abortLines(rows: readonly Row[]): readonly string[] {
  const running = rows.filter(({ doing }) => RUNS_HOOK.test(doing)).map(({ unit }) => unit);
  const [unit] = running;
  if (unit === undefined) return [];
  const others = running.length - 1;
  const so = others === 0 ? '' : `, and so each of ${others} more`;
  return [`  to end its hook, should it hang: ensemble abort ${unit}${so}`];
}

/** Where the service can go from here: it may have been the wrong service, or the wrong formula. */
function wayBackLines({ service, before, left }: Goal): readonly string[] {
  return [
    ...(left === undefined
      ? []
      : [`once ${left} is mended, as a higher revision: ensemble upgrade-formula ${service}`]),
    ...(before === undefined ? [] : [`to go back to ${before}: ensemble revert-formula ${service}`]),
  ];
}

/** Says what the units run that got there. */
function reachedBy({ kind, formula }: Goal): string {
  return kind === 'configured' ? 'with the new values' : formula;
}

/** Says what goes on without the command. */
function workOf({ kind, back }: Goal): string {
  if (kind !== 'upgraded') return 'the units go on';
  return back
    ? 'the revert goes on by itself, and is not to be repeated: that would go back one more'
    : 'the upgrade goes on';
}

function interruptedLines(goal: Goal, rows: readonly Row[]): readonly string[] {
  const { service, kind, formula } = goal;
  const elsewhere =
    kind === 'upgraded'
      ? rows.filter(
          ({ standing, heading = formula }) =>
            standing === 'called-off' || (standing === 'under-way' && heading !== formula),
        )
      : [];
  const goesOn = rows.some((row) => row.standing === 'under-way' && !elsewhere.includes(row));
  const status = `See how far with: ensemble status ${service}`;
  if (elsewhere.length === 0) return [`stopped following; ${workOf(goal)}. ${status}`, ...wayBackLines(goal)];
  const off = `${namesOf(elsewhere.map(({ unit }) => unit))} ${elsewhere.length === 1 ? 'is' : 'are'} not asked to go to ${formula}`;
  return [
    goesOn
      ? `stopped following; ${off}; of the others ${workOf(goal)}. ${status}`
      : `stopped following; ${off}. ${status}`,
    `  try: ensemble history ${service}`,
  ];
}

const isInError = ({ doing }: Row): boolean => /^[a-z-]+-error(,|$)/.test(doing);

const isNotInError = (row: Row): boolean => !isInError(row);

/** Matches a unit whose state's hook runs. */
const RUNS_HOOK = /^(installing|starting|configuring|upgrading, hook)\b/;

const FINE: readonly Standing[] = ['done', 'gone', 'overtaken'];

/** 0 when every unit got there, or did not by somebody else's will; 130 after Ctrl-C, else 1. */
export function exitCodeOf({ why, rows }: FollowEnd): 0 | 1 | 130 {
  if (why === 'interrupted') return 130;
  const settled = rows.every((row) => FINE.includes(row.standing));
  return why === 'settled' && settled ? 0 : 1;
}

function failureLines(goal: Goal, { unit, formula, doing, message, next }: Row): readonly string[] {
  const named = / upgrade-formula .*--force /.test(next) || doing.startsWith('upgrade-error');
  const byForce = upgradeCommand(goal.formula, goal.service, '--force');
  // No force takes a unit where it is already, nor back.
  const mayBeForced = goal.kind === 'upgraded' && goal.back !== true && formula !== goal.formula;
  const flagged = mayBeForced && !named ? `, or ${byForce}` : '';
  const other = goal.kind !== 'configured' ? flagged : next.includes('set --undo') ? '' : undoOf(goal, doing);
  const again = `mend the formula, or ${byForce}`;
  return [
    `${unit} failed: ${doing}${message === '' ? '' : `: ${message}`}`,
    doing === 'started' ? `  try: ${again}` : `  try: ${next || `ensemble resolved --retry ${unit}`}${other}`,
  ];
}

/** The command that takes the values back that a unit does not start with. */
function undoOf({ service }: Goal, doing: string): string {
  return /^(config|start)-error/.test(doing) ? `, or take it back: ensemble set --undo ${service}` : '';
}

/** The history has what such an agent says of its hooks. */
function untoldLines({ service }: Goal, rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  const units = namesOf(rows.map(({ unit }) => unit));
  return [
    `${units}: not known whether config-changed has run, as the agent is of a release that does not tell`,
    `  try: ensemble history ${service}`,
  ];
}

function stuckLines({ unit, doing, message }: Row): readonly string[] {
  return [
    `${unit} cannot go on: ${doing}: ${message}`,
    doing.startsWith(UNREADABLE)
      ? '  nothing is done about it until that node is mended; see: ensemble status'
      : doing.startsWith('installing')
        ? '  its agent goes on trying, and starts it when that is mended'
        : '  until that is mended it runs on as before; the request is kept',
  ];
}

function offlineLines(
  rows: readonly Row[],
  start: (machine: string | null) => string,
  why: (machine: string | null) => string,
): readonly string[] {
  const machines = new Map<string | null, string[]>();
  for (const { machine, unit } of rows) machines.set(machine, [...(machines.get(machine) ?? []), unit]);
  return [...machines].flatMap(([machine, units]) => [
    `${why(machine)}: ${start(machine)}`,
    `  until then ${namesOf(units)} ${units.length === 1 ? 'waits' : 'wait'}; the request is kept`,
  ]);
}

/** Why nobody works on a unit that is placed on `machine`, or nowhere yet, where no more is known. */
function noAgent(machine: string | null): string {
  return `no agent is running on ${machine ?? 'any machine'}`;
}
