import { defineError } from '../../state/platform/errors.js';

/** `set --undo` finds no `set` to take back. */
export class NothingToUndo extends defineError<{ service: string; reason: string }>(
  'nothing-to-undo',
  ({ service, reason }) => `there is nothing to undo in the config of ${service}: ${reason}`,
  ({ service }) => `ensemble get ${service}`,
) {}

/** Somebody set something while `set --undo` was about to take back what was set before. */
export class SetMeanwhile extends defineError<{ service: string; by: string | undefined }>(
  'set-meanwhile',
  ({ service, by }) =>
    `${by === undefined || by === '' ? 'somebody' : by} set the config of ${service} in this very moment, so nothing was undone`,
  ({ service }) =>
    `see what with: ensemble history ${service}; to take that back: ensemble set --undo ${service}`,
) {}

/** A value that the last `set` replaced does not fit the formula that the service has by now. */
export class UndoUnfit extends defineError<{
  service: string;
  formula: string;
  /** In words that follow the option's name. */
  faults: readonly { readonly option: string; readonly reason: string }[];
}>(
  'undo-unfit',
  ({ formula, faults }) => {
    const all = faults.map(({ option, reason }) => `${option} ${reason}`).join('; ');
    return `what the last set replaced does not fit ${formula}: ${all}; nothing was undone`;
  },
  ({ service }) => `ensemble get ${service}, and set what you need by its name`,
) {}
