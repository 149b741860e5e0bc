import { Option } from 'commander';
import { type LogLevel, logLevels } from '../context/source.js';
import { ToolUsageError } from '../errors.js';
import type { HookTool } from './tool.js';

/** Writes to the unit's log, at once. */
export const ensembleLog: HookTool = {
  name: 'ensemble-log',
  summary: "write a message to the unit's log",
  examples: [
    'ensemble-log "copying the data"',
    'ensemble-log -l ERROR "no space"',
    'df -h | ensemble-log -l DEBUG -',
  ],
  define(command, call) {
    command
      .usage('[-l LEVEL] MESSAGE…')
      .argument('<message...>', 'words of the message; a single - reads it from standard input')
      .addOption(
        new Option('-l, --level <level>', logLevels.join(', ')).argParser(parseLevel).default('INFO'),
      )
      // What follows the first word belongs to the message, also where it looks like an option.
      .passThroughOptions()
      .action(async (words: string[], { level }: { level: LogLevel }) => {
        const message = words.length === 1 && words[0] === '-' ? call.input() : words.join(' ');
        await call.context.log(level, message.trimEnd());
      });
  },
};

function parseLevel(text: string): LogLevel {
  const level = logLevels.find((each) => each === text.toUpperCase());
  if (!level)
    throw new ToolUsageError('ensemble-log', `"${text}" is no level; use one of ${logLevels.join(', ')}`);
  return level;
}
