import { Argument } from 'commander';
import { type Format, formatOption, render } from './format.js';
import type { HookTool } from './tool.js';

/** Where the unit is reached. */
export const unitGet: HookTool = {
  name: 'unit-get',
  summary: "print one of the unit's addresses",
  examples: ['address=$(unit-get private-address)'],
  define(command, { context, print }) {
    command
      .addArgument(new Argument('<address>').choices(['private-address', 'public-address']))
      .addOption(formatOption())
      .action(async (name: string, { format }: { format: Format }) => {
        const address = await context.address(name === 'public-address' ? 'public' : 'private');
        print(render(format, address, name));
      });
  },
};
