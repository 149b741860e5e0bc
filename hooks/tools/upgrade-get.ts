import { Argument, Option } from 'commander';
import { type Format, formatOption, render } from './format.js';
import { ownValue } from './own-value.js';
import type { HookTool } from './tool.js';

const keys = ['unit', 'service', 'relation', 'from', 'to', 'class', 'urgent', 'deadline', 'hold', 'blockers'];

/** Names the unit whose upgrade is meant. */
export function unitOption(): Option {
  return new Option(
    '--unit <unit>',
    "whose upgrade: by default that which the hook is about, or else the unit's own",
  );
}

/** What is to become of the unit, or of one that it is related to: the upgrade that is wanted of it. */
export const upgradeGet: HookTool = {
  name: 'upgrade-get',
  summary: 'print the upgrade that is wanted of the unit; nothing where there is none',
  examples: ['upgrade-get --format json', 'to=$(upgrade-get to)', 'upgrade-get --unit web/0'],
  define(command, { context, print }) {
    command
      .addArgument(new Argument('[key]', 'this one alone').choices(keys))
      .addOption(formatOption())
      .addOption(unitOption())
      .action((key: string | undefined, { format, unit }: { format: Format; unit?: string }) => {
        const known = context.upgrade(unit).facts();
        const facts = known && { service: known.unit.slice(0, known.unit.lastIndexOf('/')), ...known };
        if (key === undefined) print(render(format, facts && { ...facts }));
        else print(render(format, facts && ownValue({ ...facts }, key), key));
      });
  },
};
