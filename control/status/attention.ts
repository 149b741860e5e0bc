import { formatBytes } from '../../state/platform/format-bytes.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { someOf } from '../names-of.js';
import { printable } from '../../state/platform/printable.js';
import type { OnTrial } from '../candidates/standing.js';
import type { RolloutEntry } from './rollout-entry.js';
import type { MachineEntry, StatusDocument, UnitEntry } from './status-document.js';

/** How much a unit needs somebody, from most to least. */
export const severities = ['error', 'waiting', 'fine'] as const;

export type Severity = (typeof severities)[number];

/** Tells if something failed, waits for somebody or something, or goes its way. */
export function severityOf(unit: UnitEntry): Severity {
  if (isErrorState(unit.state) || unit.relationErrors !== undefined) return 'error';
  const blocked = (unit.upgrade?.blockers ?? []).length > 0 || unit.candidate?.state === 'closed';
  return blocked || unit.agent === 'down' ? 'waiting' : 'fine';
}

/** One thing that somebody should know of, in full. */
export interface Attention {
  readonly who: string;
  /** e.g. `config-error since 2026-01-01 12:00:00Z`. */
  readonly what: string;
  readonly text: string;
  /** The command that goes on from there, where one does. */
  readonly next?: string | undefined;
}

/** How long a hook runs before somebody should look after it, in milliseconds. */
const LONG = 60_000;

/**
 * All that failed or waits in what is shown: errors first, then what is blocked, runs for long, or is down.
 * @param now milliseconds since the epoch
 */
export function attentionOf({ machines, services }: StatusDocument, now: number): readonly Attention[] {
  const units = Object.values(services).flatMap((service) => Object.entries(service.units));
  return [
    ...units.filter(([, unit]) => isErrorState(unit.state)).map(([who, unit]) => ofState(who, unit)),
    ...units.flatMap(([who, { relationErrors = {} }]) =>
      Object.entries(relationErrors).map(([relation, error]) => ({
        who,
        what: `relation ${relation} in error`,
        ...textAndNext(error),
      })),
    ),
    ...Object.entries(services).flatMap(([who, { rollout }]) => ofRollout(who, rollout)),
    ...units.flatMap(([who, { since, blockers = [] }]) =>
      blockers.map(({ reason, next }) => ({
        who,
        what: `without a machine since ${instant(since)}`,
        text: printable(reason),
        next,
      })),
    ),
    ...units.flatMap(([who, { state, upgrade }]) =>
      // What keeps an upgrade from going on in a unit that is in error is that error.
      isErrorState(state)
        ? []
        : // That an agent is away is said of its machine.
          (upgrade?.blockers ?? [])
            .filter(({ kind }) => kind !== 'agent')
            .map(({ reason, brief, since, ends }) => ({
              who,
              what: `its upgrade to ${upgrade?.to} waits since ${instant(since)}`,
              ...textAndNext({ message: reason, brief, next: ends }),
            })),
    ),
    ...units.flatMap(([who, { state, since, message, brief, next, waiting, upgrade }]) =>
      // Something that its agent goes on trying, and names a command for.
      isErrorState(state) ||
      next === undefined ||
      (waiting !== undefined && brief === undefined) ||
      upgrade?.blockers?.some(({ reason }) => reason === message)
        ? []
        : [{ who, what: `${state} since ${instant(since)}`, ...textAndNext({ message, brief, next }) }],
    ),
    ...units.flatMap(([who, { candidate, upgrade }]) =>
      candidate === undefined || upgrade !== undefined ? [] : ofTrial(who, candidate),
    ),
    ...units.flatMap(([who, unit]) => ofLongHook(who, unit, now)),
    ...ofPending(units),
    ...Object.entries(machines).flatMap(([who, machine]) =>
      // Nobody waits for a machine without units.
      machine.agent === 'up' || machine.units === 0 || machine.start === undefined
        ? []
        : [
            {
              who,
              what: absenceOf(machine),
              text: printable(machine.start),
              // A machine whose agent is suspended is here.
              ...(machine.suspended === undefined && {
                next: `where ${who} is lost for good: ensemble remove-machine --force ${who}`,
              }),
            },
          ],
    ),
    ...Object.entries(machines).flatMap(([who, { kept, free }]) =>
      kept === undefined || free === undefined
        ? []
        : [
            {
              who,
              what: `only ${formatBytes(free)} are free, and ${formatBytes(kept.bytes)} are kept of removed units`,
              text: '',
              next: `ensemble prune --removed ${who}`,
            },
          ],
    ),
  ];
}

/** A rollout that waits for a word goes no further until somebody says one. */
function ofRollout(who: string, rollout: RolloutEntry | undefined): readonly Attention[] {
  if (rollout === undefined || (rollout.state !== 'failed' && rollout.state !== 'paused')) return [];
  const { state, to, since, gate, reason = '', next, otherwise = [] } = rollout;
  const what = `its rollout to ${to} ${state === 'failed' ? 'failed' : `is paused${gate === undefined ? '' : ` (${gate})`}`} since ${instant(since)}`;
  const commands = [...(next === undefined ? [] : [next]), ...otherwise];
  return [{ who, what, text: printable(reason), next: printable(commands.join(', or: ')) }];
}

/** A candidate whose change is closed is to be left, and one that moved may be tried as it is now. */
function ofTrial(
  who: string,
  { shown, change, state, back, again, otherwise }: OnTrial,
): readonly Attention[] {
  const runs = `runs ${shown}`;
  if (state === 'closed') {
    const text = otherwise === undefined ? '' : `where no release came of it, what is left is: ${otherwise}`;
    return [{ who, what: `${runs}, and ${change} is closed`, text, next: back }];
  }
  if (state === 'moved' && again !== undefined)
    return [{ who, what: `${runs}, and ${change} moved on`, text: '', next: again }];
  return [];
}

/** A message's text, and the command that it ends with, if it names one. */
function textAndNext({
  message,
  brief = message,
  next,
}: {
  readonly message: string;
  readonly brief?: string | undefined;
  readonly next?: string | undefined;
}): Pick<Attention, 'text' | 'next'> {
  return { text: printable(brief), next: next === undefined ? undefined : printable(next) };
}

/** A hook that hangs keeps the unit from everything that it is asked for. */
function ofLongHook(who: string, { agent, hook, removing }: UnitEntry, now: number): readonly Attention[] {
  if (hook === undefined || agent === 'down' || !(now - Date.parse(hook.since) > LONG)) return [];
  return [
    {
      who,
      what: `${printable(hook.name)} runs since ${instant(hook.since)}`,
      text: removing ? 'it is to be removed, and goes when that has ended' : '',
      next: `where it hangs: ensemble abort ${who}`,
    },
  ];
}

/**
 * What was asked and waits for an agent that is away: whoever asked may think that it is done. What one command asked of
 * many units is told once. An upgrade that is wanted is told as such.
 */
function ofPending(units: readonly (readonly [string, UnitEntry])[]): readonly Attention[] {
  const together = new Map<
    string,
    { readonly names: string[]; readonly what: string; readonly text: string }
  >();
  for (const [name, { machine, asked = [] }] of units)
    for (const { what, relation, by, since } of asked) {
      if (what === 'upgrade-formula') continue;
      const of = relation === undefined ? '' : ` of relation ${relation}`;
      const said = `${what}${of} was asked at ${instant(since)} by ${printable(by)}`;
      const key = `${machine} ${said}`;
      const group = together.get(key) ?? {
        names: [],
        what: said,
        text: `it waits for the agent of ${machine}`,
      };
      group.names.push(name);
      together.set(key, group);
    }
  return [...together.values()].map(({ names, what, text }) => ({ who: someOf(names, 'units'), what, text }));
}

function ofState(who: string, { state, since, message, next }: UnitEntry): Attention {
  return {
    who,
    what: `${state} since ${instant(since)}`,
    text: printable(message),
    next: next === undefined ? undefined : printable(next),
  };
}

/** Why a machine has no agent that works. */
function absenceOf({ stopped, suspended }: MachineEntry): string {
  if (stopped !== undefined) return `its agent was stopped at ${instant(stopped)}`;
  if (suspended !== undefined) return `its agent is suspended (Ctrl-Z, SIGSTOP): process ${suspended}`;
  return 'no agent is running';
}

/** An ISO instant as people read it, to the second. */
function instant(iso: string): string {
  return iso.replace(/^(.{10})T(.{8})(\.\d+)?/, '$1 $2');
}
