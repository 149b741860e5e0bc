import { defineError } from '../platform/errors.js';

export class EnvironmentNotFound extends defineError<{
  environment: string;
  file: string;
  known: readonly string[];
}>(
  'environment-not-found',
  ({ environment, file, known }) =>
    `environment ${environment} is not in ${file}${known.length === 0 ? '' : `; there are: ${known.join(', ')}`}`,
  ({ file }) => `add it to ${file}, or choose another with -e`,
) {}

/** There is no environments.yaml yet: nothing has been bootstrapped by this user. */
export class NoEnvironments extends defineError<{ file: string }>(
  'no-environments',
  ({ file }) => `there are no environments yet: ${file} does not exist`,
  'ensemble bootstrap',
) {}

/** `environments.yaml` cannot be used as it is written. */
export class EnvironmentsInvalid extends defineError<{
  file: string;
  line: number;
  field: string;
  reason: string;
}>(
  'environments-invalid',
  ({ file, line, field, reason }) => `${file}:${line}: ${field === '' ? '' : `${field}: `}${reason}`,
  'correct that line',
) {}
