import { spawn } from 'node:child_process';

/**
 * Reads the id of a process group, and then that all is over. Where its stdin ends without that word, whoever started this was
 * killed: then the group is, and all that have the variable in their environment; looked for twice, as what is killed may just
 * have started something.
 */
const GUARD = `
trap '' INT TERM HUP
group=
while read -r word; do
  [ "$word" = over ] && exit 0
  group=$word
done
[ -z "$group" ] || kill -s KILL -- "-$group" 2>/dev/null
for time in 1 2; do
  for directory in /proc/[0-9]*; do
    grep -qs -e "$1" "$directory/environ" && kill -s KILL "\${directory#/proc/}" 2>/dev/null
  done
done
exit 0
`;

/** What waits beside something that this process started. */
export interface Guard {
  /** Names its process group, by the id of the first process. */
  guards(group: number): void;
  /** It has ended. */
  release(): void;
}

/**
 * Has what is about to be started end when this process is killed and can end nothing itself any more: node has no way to ask
 * the kernel for that, so a shell waits beside it. Called before it is started, so that there is no moment between.
 * @param mark a variable, as `NAME=value`, that all of it will have in its environment
 */
export function endWithParent(mark: string): Guard {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'ensemble-guard', mark], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  // Without a shell there is no guard, and all else goes on.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return {
    guards: (group) => void guard.stdin.write(`${group}\n`),
    release: () => void guard.stdin.end('over\n'),
  };
}
