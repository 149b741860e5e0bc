import { EnsembleError } from '../platform/errors.js';

/** `set --undo` finds no `set` to take back. */
export class NothingToUndo extends EnsembleError {
  static override readonly code = 'nothing-to-undo';
  constructor(
    readonly service: string,
    readonly reason: string,
  ) {
    super(`there is nothing to undo in the config of ${service}: ${reason}`, `ensemble get ${service}`);
  }
}

/** Somebody set something while `set --undo` was about to take back what was set before. */
export class SetMeanwhile extends EnsembleError {
  static override readonly code = 'set-meanwhile';
  constructor(
    readonly service: string,
    readonly by: string | undefined,
  ) {
    super(
      `${by === undefined || by === '' ? 'somebody' : by} set the config of ${service} in this very moment, so nothing was undone`,
      `see what with: ensemble history ${service}; to take that back: ensemble set --undo ${service}`,
    );
  }
}

/** What the last `set` replaced is no value of the formula that the service has by now. */
export class UndoUnfit extends EnsembleError {
  static override readonly code = 'undo-unfit';
  constructor(
    readonly service: string,
    readonly formula: string,
    /** In words that follow the option's name. */
    readonly faults: readonly { readonly option: string; readonly reason: string }[],
  ) {
    const all = faults.map(({ option, reason }) => `${option} ${reason}`).join('; ');
    super(
      `what the last set replaced does not fit ${formula}: ${all}; nothing was undone`,
      `ensemble get ${service}, and set what you need by its name`,
    );
  }
}
