import { systemClock } from '../../state/clock.js';
import type { Session } from '../../control/session.js';
import type { ConfigOptions } from '../../state/formula/config-options.js';
import { unusedValues } from '../../state/formula/config-values.js';
import { ConfigOptionUnknown } from '../../state/formula/errors.js';
import { isSecretOption } from '../../state/formula/secret-options.js';
import { UndoUnfit } from '../../state/model/config-errors.js';
import type { ConfigValues } from '../../state/model/schemas.js';
import { readConfigValues, requireService } from '../../state/model/services.js';
import { setConfigValues, undoConfigValues, type WantedValues } from '../../state/model/set-config.js';
import { type Assignment, parseAssignment, valuesOf } from '../config/assignments.js';
import { readConfigFile } from '../config/config-file.js';
import { optionsOf } from '../config/options-of.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { requester } from '../requester.js';
import { withSession } from '../session.js';

export interface SetOptions {
  readonly config?: string;
  readonly reset?: readonly string[];
  readonly undo?: boolean;
}

/**
 * Changes a service's config, checked against the options of the formula the service runs; all of it or nothing.
 * What is given one by one goes before what stands in the file. `--undo` takes back what was set last.
 */
export async function set(
  service: string,
  pairs: readonly string[],
  options: SetOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const assignments = assignmentsOf(pairs, options, invocation);
  return withSession<ExitCode>(invocation, async (session) => {
    const { output } = invocation;
    const { coordinator } = session;
    const { formula } = (await requireService(coordinator, service)).value;
    const known = await optionsOf(coordinator, formula);
    const isSecret = (option: string): boolean =>
      isSecretOption(option, Object.hasOwn(known, option) ? known[option] : undefined);
    const by = requester(systemClock.now());
    if (options.undo) {
      const accept = (values: Readonly<Record<string, ConfigValues[string] | null>>): void =>
        requireFit(service, formula, known, values);
      const { changes } = await undoConfigValues(coordinator, service, accept, by, isSecret);
      output.notice(`${service}: ${Object.keys(changes).join(', ')} as before the last set`);
      return 0;
    }
    const values = await wantedValues(session, service, known, assignments, options);
    const { changes } = await setConfigValues(coordinator, service, values, by, isSecret);
    const changed = Object.keys(changes);
    output.notice(
      changed.length === 0
        ? `nothing to change: ${service} has these values already`
        : `${service}: changed ${changed.join(', ')}`,
    );
    return 0;
  });
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
      throw new ConfigOptionUnknown(key, Object.keys(options));
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
  if (faults.length > 0) throw new UndoUnfit(service, formula, faults);
}
