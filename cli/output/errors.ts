import { defineError } from '../../state/platform/errors.js';

/** The command line cannot be understood. */
export class UsageError extends defineError<{
  reason: string;
  /** The command as typed, e.g. `ensemble deploy`; its `--help` is the advice. */
  command: string;
  usage?: string;
}>(
  'usage',
  ({ reason, usage }) => (usage === undefined ? reason : `${reason}\nusage: ${usage}`),
  ({ command }) => `${command} --help`,
  { exitCode: 2 },
) {}

/** A file given on the command line cannot be used. */
export class FileUnreadable extends defineError<{ file: string; reason: string }>(
  'file-unreadable',
  ({ file, reason }) => `${file} cannot be read: ${reason}`,
  'check the path',
) {}

/** A file that data should go to cannot be written. */
export class FileUnwritable extends defineError<{ file: string; reason: string }>(
  'file-unwritable',
  ({ file, reason }) => `${file} cannot be written: ${reason}`,
  'choose another file',
) {}

/** A file of config values is no YAML of that shape, or does not fit the formula's options. */
export class ConfigFileInvalid extends defineError<{
  file: string;
  line: number;
  field: string;
  reason: string;
  next?: string | undefined;
}>(
  'config-file-invalid',
  ({ file, line, field, reason }) => `${file}:${line}: ${field === '' ? '' : `${field}: `}${reason}`,
  ({ next }) => next,
) {}

/** Nothing says where formulas come from. */
export class NoRepository extends defineError<{ formula: string }>(
  'no-repository',
  ({ formula }) => `there is no repository to look for ${formula} in`,
  'name one with --repository, or set ENSEMBLE_REPOSITORY',
  { exitCode: 2 },
) {}

/** An act that cannot be undone is done only when it is asked for in so many words. */
export class NotConfirmed extends defineError<{
  /** What would be removed, e.g. `all that is in environment test`. */
  what: string;
  /** The same one by one, e.g. `2 services`. */
  parts: readonly string[];
}>(
  'not-confirmed',
  ({ what, parts }) => `this would remove ${what}: ${parts.join(', ')}; nothing was removed`,
  'the same command with --yes, if that is meant',
  { exitCode: 2 },
) {}

/** Agents that are up would go on working on what is no longer there. */
export class AgentsUp extends defineError<{ environment: string; machines: readonly string[] }>(
  'agents-up',
  ({ environment, machines }) => `agents of environment ${environment} are up, on ${machines.join(', ')}`,
  'stop them first, or add --force',
) {}
