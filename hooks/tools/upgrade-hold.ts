import { Option } from 'commander';
import { parseSpan } from '../../state/platform/span.js';
import { ToolUsageError } from '../errors.js';
import type { HookTool } from './tool.js';
import { unitOption } from './upgrade-get.js';

/** Keeps a unit on its formula for a while. */
export const upgradeHold: HookTool = {
  name: 'upgrade-hold',
  summary:
    'hold the upgrade that is wanted of the unit, or of one that it is related to, and print until when',
  examples: [
    'upgrade-hold',
    'upgrade-hold --for 12h --reason "the quarter is being closed"',
    'upgrade-hold --unit web/0 --for 1h',
  ],
  define(command, { context, print }) {
    command
      .addOption(
        new Option('--for <time>', 'for how long: 90s, 30m, 12h, 3d or 2w; by default as long as it may'),
      )
      .addOption(new Option('--reason <text>', 'why, for operators to see'))
      .addOption(unitOption())
      .action(async ({ for: span, reason, unit }: { for?: string; reason?: string; unit?: string }) => {
        const ms = span === undefined ? undefined : parseSpan(span);
        if (span !== undefined && ms === undefined)
          throw new ToolUsageError({
            tool: 'upgrade-hold',
            problem: `"${span}" is no time; write it like 90s, 30m, 12h, 3d or 2w`,
          });
        print(`${await context.upgrade(unit).hold(ms, reason)}\n`);
      });
  },
};

/** Takes a hold back. */
export const upgradeProceed: HookTool = {
  name: 'upgrade-proceed',
  summary: "end the unit's own hold on its upgrade; nothing where there is none",
  examples: ['upgrade-proceed', 'upgrade-proceed --unit web/0'],
  define(command, { context }) {
    command.addOption(unitOption()).action(({ unit }: { unit?: string }) => context.upgrade(unit).proceed());
  },
};
