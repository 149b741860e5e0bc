/** The surroundings of a command, as far as notices depend on them. */
export interface Surroundings {
  /** Whether stdout and stderr are terminals. */
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What the environment's file says. */
  readonly notices?: boolean | undefined;
  /** The command's name; none where none began. */
  readonly command: string | undefined;
  readonly exitCode: number;
}

/** Each switches notices off, whatever it is set to, unless to nothing. */
const SWITCHES = ['CI', 'ENSEMBLE_NO_NOTICES', 'NO_UPDATE_NOTIFIER'] as const;

/** Commands after which there is nothing to tell: they show it themselves, or there is no environment yet or any more. */
const SILENT: ReadonlySet<string> = new Set([
  'newer',
  'bootstrap',
  'destroy-environment',
  '__complete',
  '__refresh-notices',
]);

/** Exit code of a command that the operator stopped. */
const INTERRUPTED = 130;

/** True if notices may follow the command: somebody looks at it, and has not said that they shall not. */
export function mayTell(at: Surroundings): boolean {
  return (
    at.stdout &&
    at.stderr &&
    at.notices !== false &&
    at.command !== undefined &&
    !SILENT.has(at.command) &&
    at.exitCode !== INTERRUPTED &&
    SWITCHES.every((name) => (at.variables[name] ?? '') === '')
  );
}
