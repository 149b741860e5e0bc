import type { PublishEvent } from '../../control/publish/publish.js';
import type { UpgradeEvent } from '../../control/upgrade/upgrade-request.js';
import { failureText } from '../../state/model/failed-formulas.js';
import type { Preparing } from '../../state/formula/publishable.js';
import { formatBytes } from '../../state/platform/format-bytes.js';
import { printable } from '../../state/platform/printable.js';
import type { Output } from '../output/output.js';
import { misfitLines, passedOverLine } from './sentences.js';

/** Puts what happens while a formula is published into sentences. */
export function tellPublish(output: Output): (event: PublishEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'warning':
        output.warn(event.text);
        break;
      case 'preparing':
        output.notice(preparingLine(event));
        break;
      case 'uploading':
        output.notice(`bringing ${event.formula} into the storage: ${formatBytes(event.size)}`);
        break;
      case 'published':
        output.notice(`published ${event.formula}`);
        break;
      case 'restored':
        output.notice(`published ${event.formula} again: its bundle was missing in ${event.storage}`);
        break;
    }
  };
}

/** Puts what happens while a service is upgraded into sentences. */
export function tellUpgrade(output: Output): (event: UpgradeEvent) => void {
  const ofPublish = tellPublish(output);
  return (event) => {
    if (event.kind === 'misfits') {
      for (const line of misfitLines(event.misfits, event.formula)) output.warn(line);
    } else if (event.kind === 'failed-before') {
      output.notice(`${printable(failureText(event.formula, event.failure))}; it is tried again, as you ask`);
    } else if (event.kind === 'passed-over') {
      output.notice(printable(passedOverLine(event.service, event.revision)));
    } else if (event.kind === 'unreadable') {
      const then = event.units === 'asked' ? 'it is asked all the same' : 'its unit is left alone';
      for (const { path, reason } of event.problems)
        output.warn(`${printable(path)} cannot be read: ${printable(reason)}; ${then}`);
    } else ofPublish(event);
  };
}

/** How far a large formula is, in a line. */
function preparingLine({ what, formula, done, total }: Preparing): string {
  const far = done === 0 ? formatBytes(total) : `${formatBytes(done)} of ${formatBytes(total)}`;
  return `${what} ${formula}: ${far}`;
}
