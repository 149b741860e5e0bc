import { join } from 'node:path';
import { withWorkDirectory } from '../../control/publish/work-directory.js';
import { signable, signFormula } from '../../state/formula/sign-formula.js';
import { formulaStatement } from '../../state/formula/trust/statement.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';

export interface SignOptions {
  readonly key?: string;
  readonly print?: boolean;
}

/** Signs formulas with an ordinary key of ssh, or prints what would be signed. Needs no environment. */
export async function sign(
  places: readonly string[],
  { key, print = false }: SignOptions,
  { output, misuse }: Invocation,
): Promise<ExitCode> {
  if (print === (key !== undefined)) throw misuse('name a key with --key, or give --print alone');
  return withWorkDirectory(async (work) => {
    const formulas = [];
    for (const [index, place] of places.entries())
      formulas.push(await signable(place, join(work, `${index}`)));
    // All of them are sound before one is signed.
    for (const formula of formulas) {
      if (key === undefined) {
        output.data(formulaStatement(formula).toString().trimEnd());
        continue;
      }
      const by = await signFormula(formula, { key, say: (line) => output.notice(line) });
      output.notice(
        `signed ${formula.name}-${formula.revision} with the key ${by}: ${printable(formula.file)}`,
      );
    }
    return 0;
  });
}
