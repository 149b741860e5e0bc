import { systemClock } from '../../state/platform/clock.js';
import type { FollowEnd } from '../../control/progress/follow.js';
import type { Session } from '../../control/session.js';
import { followedTo } from '../../control/upgrade/outcome.js';
import type { ConfigOptions } from '../../state/formula/config-options.js';
import { unusedValues } from '../../state/formula/config-values.js';
import { ConfigOptionUnknown, ConfigValueInvalid } from '../../state/formula/errors.js';
import { isSecretOption } from '../../state/formula/secret-options.js';
import { changeText } from '../../state/model/config-changes.js';
import { printable } from '../../state/platform/printable.js';
import { UndoUnfit } from '../../state/model/config-errors.js';
import type { ConfigValues } from '../../state/model/schemas.js';
import { paths } from '../../state/model/paths.js';
import { readConfigValues, requireService, unitsOfService } from '../../state/model/services.js';
import {
  type ConfigSet,
  setConfigValues,
  undoConfigValues,
  type WantedValues,
} from '../../state/model/set-config.js';
import { type Assignment, parseAssignment, valuesOf } from '../config/assignments.js';
import { readConfigFile } from '../config/config-file.js';
import { optionsOf } from '../config/options-of.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import { type Format, type Output, printData } from '../output/output.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface SetOptions extends FollowOptions {
  readonly config?: string;
  readonly reset?: readonly string[];
  readonly undo?: boolean;
  readonly format: Format;
}

/**
 * Changes a service's config, checked against the options of the formula the service runs; all of it or nothing.
 * What is given one by one goes before what stands in the file. `--undo` takes back what was set last. Follows the units
 * until each has run `config-changed` for it, also where the values were there already.
 */
export async function set(
  service: string,
  pairs: readonly string[],
  options: SetOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const assignments = assignmentsOf(pairs, options, invocation);
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    const { formula } = (await requireService(coordinator, service)).value;
    const known = await optionsOf(coordinator, formula);
    const isSecret = (option: string): boolean =>
      isSecretOption(option, Object.hasOwn(known, option) ? known[option] : undefined);
    const by = requester(systemClock.now());
    const { output } = invocation;
    if (options.undo) {
      const accept = (values: Readonly<Record<string, ConfigValues[string] | null>>): void =>
        requireFit(service, formula, known, values);
      const undone = await undoConfigValues(coordinator, service, accept, by, isSecret);
      const back = Object.entries(undone.changes).map(changeText);
      output.notice(
        back.length === 0
          ? `nothing to change: ${service} has the values of before the last set already`
          : `${service}: as before the last set: ${printable(back.join(', '))}`,
      );
      return follow(session, { service, formula, ...undone }, options, invocation);
    }
    const values = await wantedValues(session, service, known, assignments, options).catch(
      (error: unknown) => {
        if (!(error instanceof ConfigValueInvalid)) throw error;
        throw new ConfigValueInvalid(
          { option: error.option, reason: error.reason, service },
          { cause: error.cause },
        );
      },
    );
    const made = await setConfigValues(coordinator, service, values, by, isSecret);
    const changed = Object.keys(made.changes);
    output.notice(
      changed.length === 0
        ? `nothing to change: ${service} has these values already`
        : `${service}: changed ${changed.join(', ')}`,
    );
    return follow(session, { service, formula, ...made }, options, invocation);
  });
}

/** Follows the units there are; those that come later begin with what was set. */
async function follow(
  session: Session,
  { service, formula, version, changes }: ConfigSet & { readonly service: string; readonly formula: string },
  options: SetOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { coordinator } = session;
  const { output } = invocation;
  const units = await unitsOfService(coordinator, service);
  const ended = async (end: FollowEnd | undefined): Promise<void> => {
    if (end !== undefined) await tellOfOthers(session, service, version, output);
    if (options.format === 'table') return;
    await printData(output, options.format, { service, changes, ...followedTo(units, end) }, () => []);
  };
  if (units.length === 0) {
    await ended(undefined);
    return 0;
  }
  const goal = { service, kind: 'configured', version, formula, forced: new Map() } as const;
  return followAndTell(session, invocation, goal, units, { ...options, ended });
}

/** What somebody else set meanwhile may be another value of the same option. */
async function tellOfOthers(
  { coordinator }: Session,
  service: string,
  version: number,
  output: Output,
): Promise<void> {
  const now = (await coordinator.get(paths.config(service)))?.version;
  if (now !== undefined && now > version)
    output.notice(`the config of ${service} was set again meanwhile; see: ensemble history ${service}`);
}

/** @throws UsageError for what does not go together */
function assignmentsOf(
  pairs: readonly string[],
  { config, reset = [], undo = false }: SetOptions,
  { misuse }: Invocation,
): readonly Assignment[] {
  const isGiven = pairs.length > 0 || reset.length > 0 || config !== undefined;
  if (undo && isGiven)
    throw misuse('--undo takes back what was set last, so nothing else can be set with it');
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

/** @throws ConfigOptionUnknown, ConfigValueInvalid, ConfigFileInvalid, FileUnreadable */
async function wantedValues(
  { coordinator }: Session,
  service: string,
  options: ConfigOptions,
  assignments: readonly Assignment[],
  { config, reset = [] }: SetOptions,
): Promise<WantedValues> {
  const current = reset.length === 0 ? {} : await readConfigValues(coordinator, service);
  for (const key of reset) {
    // A value that only an older revision knew must be possible to get rid of.
    if (!Object.hasOwn(options, key) && !Object.hasOwn(current, key))
      throw new ConfigOptionUnknown({ option: key, known: Object.keys(options) });
  }
  const fromFile = config === undefined ? {} : await readConfigFile(config, service, options);
  return {
    ...fromFile,
    ...(await valuesOf(assignments, options)),
    ...Object.fromEntries(reset.map((key) => [key, undefined])),
  };
}

/** What goes back to the default fits any formula. */
function requireFit(
  service: string,
  formula: string,
  options: ConfigOptions,
  values: Readonly<Record<string, ConfigValues[string] | null>>,
): void {
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  // What does not fit is told by its type alone: it may be a secret.
  const faults = unusedValues(options, set).map(({ option }) =>
    Object.hasOwn(options, option)
      ? { option, reason: 'is of another type by now' }
      : { option, reason: 'is no option of it' },
  );
  if (faults.length > 0) throw new UndoUnfit({ service, formula, faults });
}
