import type { CommandLine } from '../definitions/definition.js';
import { shellTables } from './shell-tables.js';

/** The completion script for zsh; `compinit` must have run before it. */
export function zshScript(line: CommandLine): string {
  return `#compdef ensemble
# Completion of ensemble for zsh. Printed by: ensemble completion zsh
${shellTables(line).join('\n')}

_ensemble() {
  local current="\${words[CURRENT]}"
  local _ensemble_command='' _ensemble_found=''
  local -a _ensemble_environment _ensemble_arguments
  _ensemble_kind "\${(@)words[2,CURRENT-1]}"
  if [[ "$current" == -* ]]; then
    compadd -- \${=$(_ensemble_options "$_ensemble_command")}
    return
  fi
  case "$_ensemble_found" in
    words\\ *) compadd -- \${=_ensemble_found#words } ;;
    names\\ *)
      local -a _ensemble_names=(\${(f)"$("\${words[1]}" "\${_ensemble_environment[@]}" __complete "\${_ensemble_found#names }" \\
        "\${_ensemble_arguments[@]}" 2>/dev/null)"})
      if [[ "$_ensemble_found" == *settings ]]; then compadd -S '' -- $_ensemble_names; else compadd -- $_ensemble_names; fi
      ;;
    files) _files ;;
    directories) _files -/ ;;
  esac
}

compdef _ensemble ensemble`;
}
