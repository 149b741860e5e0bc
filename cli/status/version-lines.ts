import type { EnvironmentEntry } from '../../control/status/machine-entries.js';
import { stepWords } from '../../control/environment/plan-upgrade.js';
import { someOf } from '../../control/names-of.js';
import { printable } from '../../state/platform/printable.js';

/** That machines are of different versions, which of them keep the environment from being upgraded, and when none does. */
export function versionLines({ versions, upgrade }: EnvironmentEntry): readonly string[] {
  const lines: string[] = [];
  const known = Object.entries(versions).filter(([version]) => version !== '?');
  if (known.length > 1)
    lines.push(
      `versions differ: ${known
        .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
        .map(([version, machines]) => `${version} on ${someOf(machines, 'machines')}`)
        .join('; ')}`,
    );
  const behind = Object.values(upgrade.behind);
  for (const { machine, version, lacks } of behind)
    lines.push(
      `${machine} ${version === null ? '' : `(Ensemble ${version}) `}has to be upgraded for ${lacks.join(', ')}`,
    );
  if (upgrade.step !== undefined)
    lines.push(
      `the environment is half upgraded, ${stepWords(upgrade.step)}; to go on: ensemble upgrade-environment`,
    );
  else if (upgrade.state === 'needed') {
    const what = upgrade.features.length === 0 ? 'the newest layout' : upgrade.features.join(', ');
    lines.push(
      `once nobody is to go back to an older Ensemble: ensemble upgrade-environment turns on ${what}`,
    );
  }
  return lines.length === 0 ? [] : ['', ...lines.map(printable)];
}
