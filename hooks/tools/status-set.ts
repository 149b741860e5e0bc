import { Option } from 'commander';
import { type WorkloadState, workloadStates } from '../context/source.js';
import type { HookTool } from './tool.js';

/** Says what the unit is doing, in words that `ensemble status` shows; at once. */
export const statusSet: HookTool = {
  name: 'status-set',
  summary: 'say what the unit is doing, for ensemble status to show',
  examples: [
    'status-set "migrating the data"',
    'status-set --state blocked "needs a database"',
    'status-set blocked "needs a database"',
    'status-set ""',
  ],
  define(command, { context }) {
    command
      .usage('[--state STATE] MESSAGE…')
      .argument(
        '<message...>',
        'words of the message; an empty one clears it. Of exactly two, the first may be STATE',
      )
      .addOption(new Option('--state <state>', 'how the workload is').choices(workloadStates))
      // As in ensemble-log.
      .passThroughOptions()
      .action(async (words: string[], { state }: { state?: WorkloadState }) => {
        // The predecessors' form, STATE MESSAGE. More words than two are a message without quotes, as
        // `status-set waiting for the disk`.
        const stated = words.length === 2 ? workloadStates.find((each) => each === words[0]) : undefined;
        if (state === undefined && stated !== undefined) await context.status(words[1] ?? '', stated);
        else await context.status(words.join(' '), state);
      });
  },
};
