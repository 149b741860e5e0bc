import { type Format, formatOption, render } from './format.js';
import { chosenRelation, relationOption } from './relation-option.js';
import type { HookTool } from './tool.js';

const NAME = 'relation-list';

/** Who is in a relation: in its own hooks as of their event. */
export const relationList: HookTool = {
  name: NAME,
  summary: 'print the other units in a relation',
  examples: [
    'for unit in $(relation-list); do relation-get private-address "$unit"; done',
    'relation-list -r db:4 --format json',
    'eval "$(relation-list --format shell)"; echo "$VAR_MEMBERS"',
  ],
  define(command, { context, print }) {
    command
      .addOption(relationOption())
      .addOption(formatOption())
      .action(async ({ relation, format }: { relation?: string; format: Format }) => {
        const id = await chosenRelation(NAME, context, relation);
        print(render(format, await context.relations.members(id), 'members'));
      });
  },
};
