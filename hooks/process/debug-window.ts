import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shellQuoted } from '../../state/platform/shell-word.js';
import type { HookSpec } from './hook-run.js';

/** The tmux session that hooks are opened in. */
export interface DebugSession {
  /** The tmux server's socket. */
  readonly socket: string;
  readonly session: string;
}

/**
 * Stands in for the hook: opens the window and waits for its end, which it learns from a fifo that the window keeps
 * open, so that a window which is closed or killed ends it too. If the session is gone, so that no window can be had,
 * it runs the hook as ever. Arguments: run directory, socket, session, hook.
 */
const STAND_IN = `mkfifo "$1/ended" &&
  tmux -S "$2" new-window -t "$3:" -n "$4" /bin/sh "$1/window" 2>/dev/null ||
  { [ -e "hooks/$4" ] || exit 0; exec "hooks/$4"; }
echo "hook $4 is opened in a debug window"
read -r status <"$1/ended" || { echo "the debug window was closed"; exit 129; }
echo "the debug window ended with exit status $status"
exit "$status"
`;

/**
 * Prepares a window for a hook that is to be debugged, in the hook's own context.
 * @returns what to run in the place of the hook
 */
export async function debugCommand(
  spec: HookSpec,
  { socket, session }: DebugSession,
): Promise<readonly string[]> {
  await mkdir(spec.runDirectory, { recursive: true, mode: 0o700 });
  await writeFile(join(spec.runDirectory, 'window'), windowScript(spec), { mode: 0o700 });
  return ['/bin/sh', '-c', STAND_IN, 'debug', spec.runDirectory, socket, session, spec.run.hook];
}

function windowScript({ run, runDirectory, formulaDirectory, environment }: HookSpec): string {
  const variables = Object.entries(environment).map(([name, value]) => shellQuoted(`${name}=${value}`));
  const banner = [
    `Hook ${run.hook} of ${run.unit} is due, and is not run: this is its directory, with its environment and tools.`,
    `Run it, as often as you like:  ./hooks/${run.hook}`,
    'Then tell how it went:         exit 0 (done), or exit 1 (failed)',
    '',
  ];
  // Descriptor 9 is not for the shell's children: a service they start would keep the hook from ending.
  return `#!/bin/sh
exec 9<>${shellQuoted(join(runDirectory, 'ended'))}
cd ${shellQuoted(formulaDirectory)} || exit
printf '%s\\n' ${banner.map(shellQuoted).join(' ')}
shell='/bin/sh -i'
command -v bash >/dev/null && shell='bash --norc --noprofile -i'
env -i TERM="$TERM" PS1=${shellQuoted(`${run.unit} ${run.hook} $ `)} ${variables.join(' ')} $shell 9>&-
echo $? >&9
`;
}
