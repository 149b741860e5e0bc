import { defineError } from '../platform/errors.js';

/** A directory was laid out by a newer release. Nothing of it is touched. */
export class DataDirectoryTooNew extends defineError<{ directory: string; marker: string }>(
  'data-directory-too-new',
  ({ directory, marker }) => `${directory} was laid out by a newer Ensemble (${marker})`,
  'install the newer Ensemble on this machine',
  { exitCode: 78 },
) {}

/** A directory has the layout of an older release, and could not be brought to this one's. */
export class LayoutNotChanged extends defineError<{
  directory: string;
  /** Why, without a full stop. */
  reason: string;
  /** The way out of it. */
  remedy: string;
}>(
  'layout-not-changed',
  ({ directory, reason }) =>
    `${directory} has the layout of an older Ensemble, and cannot be given this one's: ${reason}`,
  ({ remedy }) => remedy,
) {}

/** The program that changes layouts is not where it was installed with this one. */
export class MigratorMissing extends defineError<{ directory: string; program: string }>(
  'migrator-missing',
  ({ directory, program }) =>
    `${directory} may have the layout of an older Ensemble, and the program that changes it is missing: ${program}`,
  'install this release of Ensemble again, whole, and do the same again',
) {}
