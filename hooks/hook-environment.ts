import { userInfo } from 'node:os';
import { DEFAULT_PATH } from '../state/platform/find-perl.js';

/** The parts that the environment of a hook is made from. */
interface HookEnvironmentInput {
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
  /** Variables that may be inherited: only PATH, HOME and those of `inheritedNames`. Default: this process's own. */
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
  /** In `upgrade-pending`: `class` and `urgent` may be empty; `deadline` is an ISO instant. */
  readonly pending?: {
    readonly unit: string;
    /** Empty of its own upgrade. */
    readonly relation: string;
    readonly class: string;
    readonly urgent: string;
    readonly deadline: string;
  };
}

/** A hook needs these of the machine it runs on: its language, its time zone and its way out of the network. */
const inheritedNames = [
  'LANG',
  'TZ',
  ...['http_proxy', 'https_proxy', 'ftp_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
    name,
    name.toUpperCase(),
  ]),
];

/**
 * The whole environment of a hook. HOME comes from the list of users where the agent has none, as under a service
 * manager. The two variables for apt are set as the predecessors set them: nobody is there to answer its questions.
 */
export function hookEnvironment(input: HookEnvironmentInput): Record<string, string> {
  const inherited = input.inherited ?? process.env;
  const { PATH, HOME = homeOfUser() } = inherited;
  return {
    PATH: `${input.toolDirectory}:${PATH || DEFAULT_PATH}`,
    ...(HOME === undefined ? {} : { HOME }),
    ...Object.fromEntries(
      inheritedNames.flatMap((name) => (inherited[name] === undefined ? [] : [[name, inherited[name]]])),
    ),
    DEBIAN_FRONTEND: 'noninteractive',
    APT_LISTCHANGES_FRONTEND: 'none',
    ENSEMBLE_UNIT_NAME: input.unit,
    ENSEMBLE_SERVICE_NAME: input.unit.slice(0, input.unit.lastIndexOf('/')),
    ENSEMBLE_FORMULA_DIR: input.formulaDirectory,
    ENSEMBLE_DATA_DIR: input.dataDirectory,
    ENSEMBLE_TOOLS: input.toolDirectory,
    ENSEMBLE_AGENT_SOCKET: input.socket,
    ENSEMBLE_CLIENT_ID: input.clientId,
    ENSEMBLE_HOOK: input.hook,
    ENSEMBLE_HOOK_ATTEMPT: String(input.attempt),
    ...(input.relation ? relationVariables(input.relation) : {}),
    ...(input.upgrade
      ? { ENSEMBLE_FORMULA_FROM: input.upgrade.from, ENSEMBLE_FORMULA_TO: input.upgrade.to }
      : {}),
    ...(input.pending
      ? {
          ENSEMBLE_UPGRADE_UNIT: input.pending.unit,
          ENSEMBLE_UPGRADE_SERVICE: input.pending.unit.slice(0, input.pending.unit.lastIndexOf('/')),
          ENSEMBLE_UPGRADE_RELATION: input.pending.relation,
          ENSEMBLE_UPGRADE_CLASS: input.pending.class,
          ENSEMBLE_UPGRADE_URGENT: input.pending.urgent,
          ENSEMBLE_UPGRADE_DEADLINE: input.pending.deadline,
        }
      : {}),
  };
}

/** Undefined where the list of users does not have this one. */
function homeOfUser(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

function relationVariables(relation: NonNullable<HookEnvironmentInput['relation']>): Record<string, string> {
  return {
    ENSEMBLE_RELATION: relation.name,
    ENSEMBLE_RELATION_ID: relation.id,
    ENSEMBLE_REMOTE_UNIT: relation.remoteUnit ?? '',
  };
}
