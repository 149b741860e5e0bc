/** What the environment of a hook is made from. */
export interface HookEnvironmentInput {
  /** e.g. `mysql/0`; the service is what stands before the slash. */
  readonly unit: string;
  readonly hook: string;
  readonly attempt: number;
  /** The run's id. */
  readonly clientId: string;
  readonly formulaDirectory: string;
  readonly dataDirectory: string;
  readonly socket: string;
  /** Where the hook tools are; goes before everything else on the PATH. */
  readonly toolDirectory: string;
  /** What may be inherited: only PATH, HOME and LANG are taken from it. Default: this process's own. */
  readonly inherited?: Readonly<NodeJS.ProcessEnv>;
  /** In relation hooks. */
  readonly relation?: {
    readonly name: string;
    /** e.g. `db:42` */
    readonly id: string;
    /** Absent in `broken`, which concerns no single unit: the variable is then empty. */
    readonly remoteUnit?: string;
  };
  /** In upgrade hooks: formula ids, e.g. `principia:mysql-12`. */
  readonly upgrade?: { readonly from: string; readonly to: string };
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The whole environment of a hook (DESIGN §7). */
export function hookEnvironment(input: HookEnvironmentInput): Record<string, string> {
  const { PATH, HOME, LANG } = input.inherited ?? process.env;
  return {
    PATH: `${input.toolDirectory}:${PATH || defaultPath}`,
    ...(HOME === undefined ? {} : { HOME }),
    ...(LANG === undefined ? {} : { LANG }),
    ENSEMBLE_UNIT_NAME: input.unit,
    ENSEMBLE_SERVICE_NAME: input.unit.slice(0, input.unit.lastIndexOf('/')),
    ENSEMBLE_FORMULA_DIR: input.formulaDirectory,
    ENSEMBLE_DATA_DIR: input.dataDirectory,
    ENSEMBLE_AGENT_SOCKET: input.socket,
    ENSEMBLE_CLIENT_ID: input.clientId,
    ENSEMBLE_HOOK: input.hook,
    ENSEMBLE_HOOK_ATTEMPT: String(input.attempt),
    ...(input.relation ? relationVariables(input.relation) : {}),
    ...(input.upgrade
      ? { ENSEMBLE_FORMULA_FROM: input.upgrade.from, ENSEMBLE_FORMULA_TO: input.upgrade.to }
      : {}),
  };
}

function relationVariables(relation: NonNullable<HookEnvironmentInput['relation']>): Record<string, string> {
  return {
    ENSEMBLE_RELATION: relation.name,
    ENSEMBLE_RELATION_ID: relation.id,
    ENSEMBLE_REMOTE_UNIT: relation.remoteUnit ?? '',
  };
}
