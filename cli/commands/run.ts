import { constants } from 'node:os';
import { systemClock } from '../../state/clock.js';
import { type CommandResult, requestCommand } from '../../state/model/commands.js';
import { requireUnit } from '../../state/model/units.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { awaitResult } from '../observing/await-result.js';
import { CommandNotRun } from '../observing/errors.js';
import { requireAgent } from '../observing/require-agent.js';
import { printable } from '../../state/platform/printable.js';
import { requester } from '../requester.js';
import { withSession } from '../session.js';

export interface RunOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  readonly format: 'text' | 'json';
}

/** What timeout(1) exits with for what took too long. */
const TIMED_OUT = 124;

/** Runs a command in a unit's context, prints what it printed, and exits with what it exited with. */
export async function runCommand(
  unit: string,
  words: readonly string[],
  { timeout, format }: RunOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  const [line] = words;
  const command = words.length === 1 && line !== undefined ? ['/bin/sh', '-c', line] : [...words];
  // From the beginning: a process that is simply killed leaves its request standing until its session runs out.
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    const { machine } = (await requireUnit(coordinator, unit)).value;
    const host = await requireAgent(session, invocation, unit, machine);
    // The request is this session's: closing it takes the request back.
    const id = await requestCommand(
      coordinator,
      unit,
      { command, timeLimit: timeout },
      requester(systemClock.now()),
    );
    const result = await awaitResult(coordinator, unit, id, host, output, interrupt.signal, timeout);
    if (result === 'interrupted') return 130;
    if (result === 'too-late') return TIMED_OUT;
    if (result.outcome === 'not-started')
      throw new CommandNotRun(unit, result.reason ?? 'it was not started');
    if (format === 'json') output.data(JSON.stringify({ unit, command, ...result }, null, 2));
    else output.stdout.write(result.output);
    for (const remark of remarksOn(result)) output.warn(remark);
    return exitCodeOf(result);
  });
}

function remarksOn({ outcome, signal, leftOut, took, reason }: CommandResult): readonly string[] {
  const end = {
    exited: reason === undefined ? [] : [reason],
    'not-started': [],
    killed: [`the command was ended by ${signal}${reason === undefined ? '' : `: ${printable(reason)}`}`],
    'timed-out': [`the command was ended after ${Math.round(took / 1_000)} s`],
    lost: ['the command went down with its machine or agent; how far it came is not known'],
  };
  return [...end[outcome], ...(leftOut > 0 ? [`${leftOut} bytes more of its output are left out`] : [])];
}

function exitCodeOf({ outcome, exit, signal, reason }: CommandResult): ExitCode {
  if (outcome === 'exited' && reason !== undefined) return exit || 1;
  if (outcome === 'timed-out') return TIMED_OUT;
  if (outcome !== 'killed') return exit ?? 1;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return 128 + (number ?? 0);
}
