import { constants } from 'node:os';
import type { CommandResult } from '../../state/model/commands.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode } from '../invocation/invocation.js';

/** The exit code of timeout(1) when the time is up. */
export const TIMED_OUT = 124;

/** A program and its arguments; a single word is a line for the shell. */
export function commandOf(words: readonly string[]): readonly string[] {
  const [line] = words;
  return words.length === 1 && line !== undefined ? ['/bin/sh', '-c', line] : words;
}

/** The remarks on a command's end beside its output. */
export function remarksOn({
  outcome,
  signal,
  leftOut,
  took,
  reason,
}: Pick<CommandResult, 'outcome' | 'signal' | 'leftOut' | 'took' | 'reason'>): readonly string[] {
  const end = {
    exited: reason === undefined ? [] : [reason],
    'not-started': [],
    killed: [`the command was ended by ${signal}${reason === undefined ? '' : `: ${printable(reason)}`}`],
    'timed-out': [`the command was ended after ${Math.round(took / 1_000)} s`],
    lost: ['the command went down with its machine or agent; how far it came is not known'],
  };
  return [...end[outcome], ...(leftOut > 0 ? [`${leftOut} bytes more of its output are left out`] : [])];
}

/** The exit code of `run` if it ran one command. */
export function exitCodeOf({ outcome, exit, signal, reason }: CommandResult): ExitCode {
  if (outcome === 'exited' && reason !== undefined) return exit || 1;
  if (outcome === 'timed-out') return TIMED_OUT;
  if (outcome !== 'killed') return exit ?? 1;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return 128 + (number ?? 0);
}
