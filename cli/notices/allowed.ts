/** Where a command runs, as far as notices depend on it. */
export interface Place {
  /** Whether stdout and stderr are terminals. */
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What the environment's file says. */
  readonly notices?: boolean | undefined;
}

/** The same of a command that has ended. */
export interface Surroundings extends Place {
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

/** True if somebody looks, and has not said that there shall be no notices. */
export function mayKnow({ stdout, stderr, notices, variables }: Place): boolean {
  return stdout && stderr && notices !== false && SWITCHES.every((name) => (variables[name] ?? '') === '');
}

/** True if notices may follow the command. */
export function mayTell(at: Surroundings): boolean {
  const { command, exitCode } = at;
  return mayKnow(at) && command !== undefined && !SILENT.has(command) && exitCode !== INTERRUPTED;
}
