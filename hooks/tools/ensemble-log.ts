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
      .addOption(
        new Option('--log-level <level>', 'the same, as the predecessors spelt it').argParser(parseLevel),
      )
      .option('--debug', 'the same as --level DEBUG')
      // Everything after the first word belongs to the message, even if it looks like an option.
      .passThroughOptions()
      .action(async (words: string[], { level, logLevel, debug }: LogOptions) => {
        const message = words.length === 1 && words[0] === '-' ? call.input() : words.join(' ');
        await call.context.log(logLevel ?? (debug ? 'DEBUG' : level), message.trimEnd());
      });
  },
};

interface LogOptions {
  readonly level: LogLevel;
  readonly logLevel?: LogLevel;
  readonly debug?: boolean;
}

/** `WARN` is what most loggers call a warning. */
function parseLevel(text: string): LogLevel {
  const upper = text.toUpperCase();
  const level = logLevels.find((each) => each === (upper === 'WARN' ? 'WARNING' : upper));
  if (!level)
    throw new ToolUsageError({
      tool: 'ensemble-log',
      problem: `"${text}" is no level; use one of ${logLevels.join(', ')}`,
    });
  return level;
}
