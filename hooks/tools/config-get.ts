import { ToolUsageError } from '../errors.js';
import { type Format, formatOption, render } from './format.js';
import { ownValue } from './own-value.js';
import type { HookTool } from './tool.js';

/** Reads the unit's options. One that is not set prints nothing and is no failure, as in pyjuju. */
export const configGet: HookTool = {
  name: 'config-get',
  summary: "print the service's config, or one option of it",
  examples: ['port=$(config-get port)', 'config-get --format json', 'eval "$(config-get --format shell)"'],
  define(command, { context, print }) {
    command
      .argument('[option]', 'the option to print; all of them without it')
      .option('-a, --all', 'print all of them, as without an option')
      .addOption(formatOption())
      .action(async (option: string | undefined, { all, format }: { all?: boolean; format: Format }) => {
        if (all && option !== undefined)
          throw new ToolUsageError({
            tool: 'config-get',
            problem: `name an option (${option}) or --all, not both`,
          });
        const config = await context.config();
        const value = option === undefined ? config : ownValue(config, option);
        print(render(format, value, option));
      });
  },
};
