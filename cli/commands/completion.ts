import { bashScript } from '../completion/bash.js';
import { fishScript } from '../completion/fish.js';
import { zshScript } from '../completion/zsh.js';
import type { CommandLine } from '../definitions/definition.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';

/** Prints the completion script for a shell. */
export async function completion(
  shell: string,
  line: CommandLine,
  { output }: Invocation,
): Promise<ExitCode> {
  const scripts = new Map([
    ['bash', bashScript],
    ['zsh', zshScript],
    ['fish', fishScript],
  ]);
  output.data(scripts.get(shell)?.(line) ?? '');
  return 0;
}
