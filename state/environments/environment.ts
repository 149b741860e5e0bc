import type { HookRules } from '../formula/hook-rules.js';
import type { TrustRules } from '../formula/trust/check-signature.js';

/** A host whose pull or merge requests are asked for. */
export interface ForgeSettings {
  /** As git's URLs have it. */
  readonly host: string;
  readonly kind: 'github' | 'gitlab';
  /** The URL of its API, without a slash at its end; default: where such a host has it. */
  readonly api?: string;
  /** Absolute: holds the token, which goes to this host's API alone. */
  readonly tokenFile?: string;
  /** The variable that holds it. */
  readonly tokenVariable?: string;
}

/** One named (coordinator, storage) pair, with every path absolute. */
export interface Environment {
  readonly name: string;
  /** The coordinator's URL for `openCoordinator`. */
  readonly state: string;
  /** The storage's URL for `openStorage`. */
  readonly storage: string;
  /** Where others reach the machine whose agent reads this. */
  readonly address?: string;
  /** How hooks are run where their formula says nothing else. */
  readonly hooks?: HookRules;
  /** Milliseconds for which agents keep what removed units leave; 0 keeps nothing. */
  readonly keepRemoved?: number;
  /** The signers whose formulas are taken; anybody's if it is undefined. */
  readonly trust?: TrustRules;
  /** Where open changes of repositories are asked for, besides what everybody knows. */
  readonly forges?: readonly ForgeSettings[];
  /** False: no command that goes to it tells of newer revisions by itself. */
  readonly notices?: boolean;
  /** Never printed. */
  readonly secret?: string;
  /** Faults of its file that an operator should mend. */
  readonly warnings?: readonly string[];
}
