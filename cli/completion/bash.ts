import type { CommandLine } from '../definitions/definition.js';
import { shellTables } from './shell-tables.js';

/** The completion script for bash 3.2 and newer. */
export function bashScript(line: CommandLine): string {
  return `# Completion of ensemble for bash. Printed by: ensemble completion bash
${shellTables(line).join('\n')}

_ensemble() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  local _ensemble_command='' _ensemble_found=''
  local -a _ensemble_environment _ensemble_arguments
  COMPREPLY=()
  _ensemble_kind "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$(_ensemble_options "$_ensemble_command")" -- "$current"))
    return
  fi
  case "$_ensemble_found" in
    words\\ *) words="\${_ensemble_found#words }" ;;
    names\\ *)
      words="$("\${COMP_WORDS[0]}" "\${_ensemble_environment[@]}" __complete "\${_ensemble_found#names }" \\
        "\${_ensemble_arguments[@]}" 2>/dev/null)"
      [[ "$_ensemble_found" == *settings ]] && compopt -o nospace 2>/dev/null
      ;;
    files) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
    directories) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")); return ;;
    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}

complete -F _ensemble ensemble`;
}
