import { EnsembleError } from '../platform/errors.js';

export class EnvironmentNotFound extends EnsembleError {
  static override readonly code = 'environment-not-found';
  constructor(
    readonly environment: string,
    readonly file: string,
    readonly known: readonly string[],
  ) {
    super(
      `environment ${environment} is not in ${file}${known.length === 0 ? '' : `; there are: ${known.join(', ')}`}`,
      `add it to ${file}, or choose another with -e`,
    );
  }
}

/** There is no environments.yaml yet: nothing has been bootstrapped by this user. */
export class NoEnvironments extends EnsembleError {
  static override readonly code = 'no-environments';
  constructor(readonly file: string) {
    super(`there are no environments yet: ${file} does not exist`, 'ensemble bootstrap');
  }
}

/** `environments.yaml` cannot be used as it is written. */
export class EnvironmentsInvalid extends EnsembleError {
  static override readonly code = 'environments-invalid';
  constructor(
    readonly file: string,
    readonly line: number,
    readonly field: string,
    readonly reason: string,
  ) {
    super(`${file}:${line}: ${field === '' ? '' : `${field}: `}${reason}`, 'correct that line');
  }
}
