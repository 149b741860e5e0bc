import type { HookContext } from '../context/hook-context.js';
import { isUnitName } from '../context/relation.js';
import { ToolUsageError } from '../errors.js';
import { type Format, formatOption, render } from './format.js';
import { ownValue } from './own-value.js';
import { chosenRelation, relationOption } from './relation-option.js';
import type { HookTool } from './tool.js';

const NAME = 'relation-get';

/** Reads what a unit has set in a relation. A key that is not set prints nothing and is no failure, as in pyjuju. */
export const relationGet: HookTool = {
  name: NAME,
  summary: 'print what a unit has set in a relation',
  examples: [
    'host=$(relation-get private-address)',
    'relation-get',
    'eval "$(relation-get --format shell)"; echo "$VAR_PRIVATE_ADDRESS"',
    'for unit in $(relation-list); do relation-get private-address "$unit"; done',
    'relation-get -r db:4 --format json - mysql/0',
    'mine=$(relation-get password "$ENSEMBLE_UNIT_NAME")',
  ],
  define(command, { context, print }) {
    command
      .argument('[key]', 'the setting to print; all of them without it or with -')
      .argument('[unit]', 'whose; default: the unit the hook is about, $ENSEMBLE_REMOTE_UNIT')
      .addOption(relationOption())
      .addOption(formatOption())
      .action(
        async (
          key: string | undefined,
          unit: string | undefined,
          { relation, format }: { relation?: string; format: Format },
        ) => {
          const id = await chosenRelation(NAME, context, relation);
          // Formulas hand on what they read from a file or a command, with its line end.
          const settings = await context.relations.settings(id, await chosenUnit(context, id, unit?.trim()));
          const value = key === undefined || key === '-' ? settings : ownValue(settings, key);
          print(render(format, value, key));
        },
      );
  },
};

async function chosenUnit(
  { unit, relations }: HookContext,
  relation: string,
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) {
    if (isUnitName(named)) return named;
    throw new ToolUsageError({ tool: NAME, problem: `"${named}" is no unit; write one as ${unit}` });
  }
  const { own } = relations;
  if (own?.id === relation && own.remoteUnit !== undefined) return own.remoteUnit;
  const members = [...(await relations.members(relation)), unit].join(', ');
  const why =
    own?.id === relation ? 'this hook is about no single unit' : `${relation} is not this hook's own`;
  throw new ToolUsageError({
    tool: NAME,
    problem: `name a unit after the key (or -), as ${why}; there are ${members}`,
  });
}
