import { Command, CommanderError } from 'commander';
import { EnsembleError } from '../../state/platform/errors.js';
import { writeFileOfHook } from './write-file.js';
import { type HookTool, InputWanted, type ToolCall, type ToolResult } from './tool.js';

/** Everything of a call but where its output goes. */
interface ToolRequest {
  readonly context: ToolCall['context'];
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly input?: string | undefined;
}

/** Runs a tool. Never throws: what goes wrong is on its stderr. Gives InputWanted where the tool needs its input. */
export async function runTool(tool: HookTool, request: ToolRequest): Promise<ToolResult | InputWanted> {
  let stdout = '';
  let stderr = '';
  const command = new Command(tool.name)
    .description(tool.summary)
    .addHelpText('after', `\nExamples:\n${tool.examples.map((line) => `  ${line}\n`).join('')}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        stdout += text;
      },
      writeErr: (text) => {
        stderr += text;
      },
      outputError: (text, write) => write(`${tool.name}: ${text.replace(/^error: /, '')}`),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    });
  tool.define(command, {
    context: request.context,
    directory: request.directory,
    print: (text) => {
      stdout += text;
    },
    input: () => {
      if (request.input === undefined) throw new InputWanted();
      return request.input;
    },
  });
  const printsData = command.options.some(({ long }) => long === '--format');
  if (printsData) command.option('-o, --output <file>', 'write it to this file, and print nothing');
  try {
    await command.parseAsync([...request.arguments], { from: 'user' });
    const { output } = command.opts<{ output?: string }>();
    if (!printsData || output === undefined) return { exit: 0, stdout, stderr };
    await writeFileOfHook(output, request.directory, stdout);
    return { exit: 0, stdout: '', stderr };
  } catch (error) {
    if (error instanceof InputWanted) return error;
    if (error instanceof CommanderError) return usageResult(error, command, stdout, stderr);
    // A tool that failed printed nothing a hook could take for its answer.
    return { exit: exitCodeOf(error), stdout: '', stderr: `${tool.name}: ${sentence(error)}\n` };
  }
}

function usageResult(error: CommanderError, command: Command, stdout: string, stderr: string): ToolResult {
  if (error.exitCode === 0) return { exit: 0, stdout, stderr };
  return {
    exit: 2,
    stdout: '',
    stderr: `${stderr}Usage: ${command.name()} ${command.usage()} (see --help)\n`,
  };
}

function exitCodeOf(error: unknown): number {
  return error instanceof EnsembleError ? error.exitCode : 1;
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const next = error instanceof EnsembleError ? error.next : undefined;
  return next ? `${error.message}\n  next: ${next}` : error.message;
}
