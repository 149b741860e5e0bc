import { defineError } from '../../state/platform/errors.js';

/** No report of the watcher has this id, nor one that begins so. */
export class ReportNotFound extends defineError<{ report: string; alike: readonly string[] }>(
  'report-not-found',
  ({ report, alike }) =>
    alike.length === 0
      ? `the watcher keeps no report ${report}`
      : `several reports of the watcher begin with ${report}: ${alike.slice(0, 5).join(', ')}`,
  'ensemble watcher reports',
) {}

/** No delivery of the watcher that was given up is called so. */
export class DeliveryNotFound extends defineError<{ delivery: string }>(
  'delivery-not-found',
  ({ delivery }) => `the watcher has given up no announcement ${delivery}`,
  'ensemble watcher deliveries',
) {}
