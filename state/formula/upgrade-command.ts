import { candidateKeyOf } from './candidate-mark.js';

/**
 * The command that takes a service's units to this very formula: without a revision it would take them to whatever its
 * repository has newer. A candidate is named by its change, which single units alone can try.
 * @param formula its id
 * @param options such as `--force`, as they are typed
 */
export function upgradeCommand(formula: string, service: string, ...options: readonly string[]): string {
  const key = candidateKeyOf(formula);
  const [, revision] = /-(\d+)$/.exec(formula) ?? [];
  const isOfUnits = options.some((option) => option.startsWith('--unit'));
  const which =
    key === undefined
      ? revision === undefined
        ? []
        : [`--revision ${revision}`]
      : isOfUnits
        ? [`--candidate ${key}`]
        : [];
  const words = [...which, ...options, service].join(' ');
  return `ensemble upgrade-formula ${words}`;
}
