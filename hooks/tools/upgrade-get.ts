import { Argument } from 'commander';
import { type Format, formatOption, render } from './format.js';
import { ownValue } from './own-value.js';
import type { HookTool } from './tool.js';

const keys = ['from', 'to', 'class', 'urgent', 'deadline', 'hold', 'blockers'];

/** What is to become of the unit: the upgrade that is wanted of it. */
export const upgradeGet: HookTool = {
  name: 'upgrade-get',
  summary: 'print the upgrade that is wanted of the unit; nothing where there is none',
  examples: ['upgrade-get --format json', 'to=$(upgrade-get to)'],
  define(command, { context, print }) {
    command
      .addArgument(new Argument('[key]', 'this one alone').choices(keys))
      .addOption(formatOption())
      .action((key: string | undefined, { format }: { format: Format }) => {
        const facts = context.upgrade().facts();
        if (key === undefined) print(render(format, facts && { ...facts }));
        else print(render(format, facts && ownValue({ ...facts }, key), key));
      });
  },
};
