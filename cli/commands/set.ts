import {
  type ConfigChanged,
  changeConfig,
  isSetSince,
  undoConfig,
} from '../../control/config/change-config.js';
import { changeText } from '../../control/config/config-changes.js';
import type { FollowEnd } from '../../control/progress/follow.js';
import type { Session } from '../../control/session.js';
import { followedTo } from '../../control/upgrade/outcome.js';
import { unitsOfService } from '../../state/model/services.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import { type Assignment, parseAssignment, valuesOf } from '../config/assignments.js';
import { readConfigFile } from '../config/config-file.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';

export interface SetOptions extends FollowOptions {
  readonly config?: string;
  readonly reset?: readonly string[];
  readonly undo?: boolean;
  readonly format: Format;
}

/**
 * Changes a service's config, checked against the options of the formula the service runs; all of it or nothing.
 * Values given one by one go before those in the file. `--undo` takes back the last `set`. Follows the units until
 * each has run `config-changed` for it, also if the values were there already.
 */
export async function set(
  service: string,
  pairs: readonly string[],
  options: SetOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const assignments = assignmentsOf(pairs, options, invocation);
  return withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    const changed = options.undo
      ? await undoConfig(session, { service, by })
      : await changeConfig(session, {
          service,
          values: async (known) => ({
            ...(options.config === undefined ? {} : await readConfigFile(options.config, service, known)),
            ...(await valuesOf(assignments, known)),
          }),
          reset: options.reset ?? [],
          by,
        });
    invocation.output.notice(sentence(service, changed, options));
    for (const line of cloneSentences(changed)) invocation.output.notice(line);
    return follow(session, service, changed, options, invocation);
  });
}

function sentence(service: string, { changes }: ConfigChanged, { undo }: SetOptions): string {
  const changed = Object.entries(changes);
  if (changed.length === 0)
    return undo
      ? `nothing to change: ${service} has the values of before the last set already`
      : `nothing to change: ${service} has these values already`;
  return undo
    ? `${service}: as before the last set: ${printable(changed.map(changeText).join(', '))}`
    : `${service}: changed ${Object.keys(changes).join(', ')}`;
}

/** What came of it in the clone that is being tried. */
function cloneSentences({ clone, changes }: ConfigChanged): readonly string[] {
  if (clone === undefined) return [];
  const { service, left } = clone;
  const isFollowed = Object.keys(changes).some((option) => !left.includes(option));
  return [
    ...(isFollowed ? [`its clone ${service} gets the same`] : []),
    ...(left.length > 0
      ? [`its clone ${service} keeps what it has of ${left.join(', ')}: its formula takes no such value`]
      : []),
  ];
}

/** Follows the units there are; those that come later begin with what was set. */
async function follow(
  session: Session,
  service: string,
  { formula, version, changes, clone }: ConfigChanged,
  options: SetOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  const units = await unitsOfService(session.coordinator, service);
  const ended = async (end: FollowEnd | undefined): Promise<void> => {
    if (end !== undefined && (await isSetSince(session, service, version)))
      output.notice(`the config of ${service} was set again meanwhile; see: ensemble history ${service}`);
    if (options.format === 'table') return;
    await printData(
      output,
      options.format,
      { service, changes, ...(clone && { clone }), ...followedTo(units, end) },
      () => [],
    );
  };
  if (units.length === 0) {
    await ended(undefined);
    return 0;
  }
  const goal = { service, kind: 'configured', version, formula, forced: new Map() } as const;
  return followAndTell(session, invocation, goal, units, { ...options, ended });
}

/** @throws UsageError for what does not go together */
function assignmentsOf(
  pairs: readonly string[],
  { config, reset = [], undo = false }: SetOptions,
  { misuse }: Invocation,
): readonly Assignment[] {
  const isGiven = pairs.length > 0 || reset.length > 0 || config !== undefined;
  if (undo && isGiven) throw misuse('--undo takes back the last set, so nothing else can be set with it');
  if (!undo && !isGiven) throw misuse('nothing is given to set');
  const assignments = pairs.map((pair): Assignment => {
    const assignment = parseAssignment(pair);
    if (assignment === undefined) throw misuse(`${JSON.stringify(pair)} is not key=value`);
    return assignment;
  });
  const both = assignments.find(({ key }) => reset.includes(key));
  if (both !== undefined) throw misuse(`${both.key} is both set and reset`);
  return assignments;
}
