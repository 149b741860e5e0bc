import type { Trial } from '../../control/candidates/trials.js';
import type { Outcome } from '../../control/upgrade/outcome.js';
import type { Preview } from '../../control/upgrade/preview.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { type Format, printData } from '../output/output.js';

/** Takes what came of one trial, for programs and for people. */
export type PrintTrial = (found: Outcome | Preview, lines: () => readonly string[]) => Promise<void>;

/**
 * Has each service try its part of a change, one after the other, each after what it needs. It ends with the first that does
 * not come to its end, as what is after it needs that.
 * @param attempt asks the units of one, and follows them
 */
export async function tryTogether(
  trials: readonly Trial[],
  format: Format,
  { output }: Pick<Invocation, 'output'>,
  attempt: (trial: Trial, print: PrintTrial) => Promise<ExitCode>,
): Promise<ExitCode> {
  const together: (Outcome | Preview)[] = [];
  const lines: string[] = [];
  const asked: string[] = [];
  let code: ExitCode = 0;
  for (const trial of trials) {
    code = await attempt(trial, async (found, said) => {
      together.push(found);
      lines.push(...said());
    });
    asked.unshift(...trial.units);
    if (code !== 0) break;
  }
  const left = trials.filter(({ units: [first = ''] }) => !asked.includes(first));
  for (const { service } of left) output.notice(`${service} is not asked: it needs what was tried before it`);
  const isDry = lines.length > 0;
  const units = asked.join(' ');
  if (asked.length > 1 && !isDry) output.notice(`all of it goes back by: ensemble revert-formula ${units}`);
  if (format !== 'table' || isDry) await printData(output, format, { together }, () => lines);
  return code;
}
