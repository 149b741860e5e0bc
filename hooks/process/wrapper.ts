/**
 * The shell that stands between a hook and an agent that forks it itself, having no launcher: the hook's exit status is
 * written down even when the agent is gone. Arguments: run directory, hook, log offset, time of start.
 *
 * - `trap :` and not `trap ''`: a signal to the group must not end the wrapper, but a caught signal is back to its
 *   default in the hook, whereas an ignored one would stay ignored.
 * - `process` is complete before `claim` exists, so whoever loses the claim finds out who won it.
 * - `set -C` makes `>` fail on an existing file (O_EXCL): the hook runs once, whoever else wants the run.
 * - Only builtins: a fork costs as much as a small hook. Every file is one write.
 * - `PWD` and its like are set by the shell itself and are no part of a hook's environment.
 */
export const wrapper = `trap : TERM HUP INT
read -r stat </proc/$$/stat && printf '%s\\n%s %s\\n' "$stat" "$3" "$4" >"$1/process" || exit 125
set -C
printf '' 2>/dev/null >"$1/claim" || exit 125
set +C
unset PWD OLDPWD SHLVL stat
"$2"
set -- "$1" $?
printf '%s\\n' $2 >"$1/status"
exit $2
`;

/** What the wrapper exits with when it could not claim the run; a hook may use it too, but then there is a status. */
export const notClaimed = 125;
