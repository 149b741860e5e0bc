import { Option } from 'commander';
import { thoseThere } from '../context/errors.js';
import type { HookContext } from '../context/hook-context.js';
import { ToolUsageError } from '../errors.js';

/** The `-r` of a tool that is about one relation. */
export function relationOption(): Option {
  return new Option(
    '-r, --relation <id>',
    "which relation, e.g. db:4, or db where it is the only one of that name; default: the hook's own",
  );
}

/**
 * The id of the relation a call is about: the one it names, or else the hook's own.
 * @throws ToolUsageError, HookRelationUnknown, HookRelationAmbiguous
 */
export async function chosenRelation(
  tool: string,
  { relations }: HookContext,
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) return relations.find(named);
  if (relations.own) return relations.own.id;
  const ids = (await relations.all()).map(({ id }) => id);
  throw new ToolUsageError({
    tool,
    problem: `name a relation with -r, as this is no relation hook; ${thoseThere(ids)}`,
  });
}
