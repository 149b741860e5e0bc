import { type Format, formatOption, render } from './format.js';
import type { HookTool } from './tool.js';

/**
 * The relations of one name, by their ids. A name that no relation has prints nothing, and in `broken` the relation that
 * is gone is not among them, so that a loop over them may set something in each.
 */
export const relationIds: HookTool = {
  name: 'relation-ids',
  summary: 'print the ids of the relations the unit is in',
  examples: [
    'for id in $(relation-ids db); do relation-set -r "$id" port=3306; done',
    'relation-ids --format json',
  ],
  define(command, { context: { relations }, print }) {
    command
      .argument('[name]', "only those of this name; default: the name of the hook's own relation, or all")
      .addOption(formatOption())
      .action(async (name: string | undefined, { format }: { format: Format }) => {
        const wanted = name ?? relations.own?.name;
        const all = await relations.all();
        const found = all.filter((relation) => wanted === undefined || relation.name === wanted);
        print(
          render(
            format,
            found.map(({ id }) => id),
            'relation_ids',
          ),
        );
      });
  },
};
