import { systemClock } from '../../state/clock.js';
import { ConfigOptionUnknown } from '../../state/formula/errors.js';
import type { ConfigValues } from '../../state/model/schemas.js';
import { readConfigValues, requireService, setConfigValues } from '../../state/model/services.js';
import { type Assignment, parseAssignment, valuesOf } from '../config/assignments.js';
import { readConfigFile } from '../config/config-file.js';
import { optionsOf } from '../config/options-of.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { requester } from '../requester.js';
import { withSession } from '../session.js';

export interface SetOptions {
  readonly config?: string;
  readonly reset?: readonly string[];
}

/**
 * Changes a service's config, checked against the options of the formula the service runs; all of it or nothing.
 * What is given one by one goes before what stands in the file.
 */
export async function set(
  service: string,
  pairs: readonly string[],
  { config, reset = [] }: SetOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { misuse, output } = invocation;
  if (pairs.length === 0 && reset.length === 0 && config === undefined)
    throw misuse('nothing is given to set');
  const assignments = pairs.map((pair): Assignment => {
    const assignment = parseAssignment(pair);
    if (assignment === undefined) throw misuse(`${JSON.stringify(pair)} is not key=value`);
    return assignment;
  });
  const both = assignments.find(({ key }) => reset.includes(key));
  if (both !== undefined) throw misuse(`${both.key} is both set and reset`);
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    const { formula } = (await requireService(coordinator, service)).value;
    const [options, current] = await Promise.all([
      optionsOf(coordinator, formula),
      readConfigValues(coordinator, service),
    ]);
    for (const key of reset) {
      // A value that only an older revision knew must be possible to get rid of.
      if (!Object.hasOwn(options, key) && !Object.hasOwn(current, key)) {
        throw new ConfigOptionUnknown(key, Object.keys(options));
      }
    }
    const fromFile = config === undefined ? {} : await readConfigFile(config, service, options);
    const values: Record<string, ConfigValues[string] | undefined> = {
      ...fromFile,
      ...(await valuesOf(assignments, options)),
      ...Object.fromEntries(reset.map((key) => [key, undefined])),
    };
    const changed = Object.keys(values).filter((key) => values[key] !== current[key]);
    if (changed.length === 0) {
      output.notice(`nothing to change: ${service} has these values already`);
      return 0;
    }
    await setConfigValues(coordinator, service, values, requester(systemClock.now()));
    output.notice(`${service}: changed ${changed.join(', ')}`);
    return 0;
  });
}
