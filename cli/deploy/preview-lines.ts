import type { DeployPreview } from '../../control/deploy/preview-deploy.js';
import { formatBytes } from '../../state/platform/format-bytes.js';
import { printable } from '../../state/platform/printable.js';

/** The preview of a deploy as people read it. */
export function deployPreviewLines(preview: DeployPreview): readonly string[] {
  const { service, formula, repository, bump, bundle, published, config, stands } = preview;
  return [
    stands ? `${service} is there already, with ${formula}` : `${service}: ${formula}`,
    `from ${printable(repository)}`,
    ...(bump === undefined ? [] : [`revision ${bump} would be written into the formula's directory`]),
    ...(bundle === null
      ? []
      : [`bundle of ${formatBytes(bundle.size)}, ${published ? 'published already' : 'to be published'}`]),
    unitLine(preview),
    config.length === 0 ? 'config: all as the formula has it' : `config: sets ${config.join(', ')}`,
    'nothing was changed',
  ];
}

function unitLine({ subordinate, units, machine, stands }: DeployPreview): string {
  if (subordinate) return 'units: one beside each unit that it is related to';
  const count = units === 1 ? '1 unit' : `${units} units`;
  const where = machine === null ? 'where there are fewest of the service' : `on ${machine}`;
  return stands || units === 0 ? `units: ${units}` : `units: ${count}, ${where}`;
}
