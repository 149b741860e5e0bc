import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type ConfigOptions, configOptionsSchema } from '../../state/formula/config-options.js';
import { NodeInvalid } from '../../state/model/errors.js';
import { requireFormulaRecord } from '../../state/model/formulas.js';
import { paths } from '../../state/model/paths.js';

/** The options of a published formula. @throws FormulaNotPublished, NodeInvalid */
export async function optionsOf(coordinator: Coordinator, formulaId: string): Promise<ConfigOptions> {
  const { config } = await requireFormulaRecord(coordinator, formulaId);
  const parsed = configOptionsSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = ['config', ...(issue?.path ?? [])].join('.');
  throw new NodeInvalid({
    path: paths.formula(formulaId),
    field,
    reason: issue?.message ?? 'it is not what it should be',
  });
}
