import type { ForgeSettings } from '../../state/environments/environment.js';
import { tokenOf } from './forge-of.js';

/** What of an environment's `forges` is not heeded, or cannot be had: sentences for who starts the watcher. */
export function forgeWarnings(
  forges: readonly ForgeSettings[],
  variables: NodeJS.ProcessEnv,
): readonly string[] {
  const hosts = forges.map(({ host }) => host.toLowerCase());
  return forges.flatMap((forge, index) => {
    const { host, tokenFile, tokenVariable } = forge;
    if (hosts.indexOf(host.toLowerCase()) !== index)
      return [`forges names ${host} more than once: the first entry counts`];
    const token = tokenOf(forge, variables);
    return [
      ...(tokenFile !== undefined && tokenVariable !== undefined
        ? [`forges names both token-file and token-variable for ${host}: the variable counts`]
        : []),
      ...(typeof token === 'object' ? [token.why] : []),
    ];
  });
}
