import { hostname, userInfo } from 'node:os';
import { boundedLine } from '../../state/model/history-bounds.js';
import type { Requester } from '../../state/model/requester.js';
import { ownVariables } from '../../state/platform/variables.js';

/** Characters of a name, and of a host. */
const MOST_NAME = 64;

/** Variables that say who it is, the first that says something: what the operator says, what sudo and doas say. */
const VARIABLES = ['ENSEMBLE_OPERATOR', 'SUDO_USER', 'DOAS_USER'] as const;

/** Tells who runs a command. */
export interface Identity {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The account that the command runs as. */
  readonly account: string;
  readonly host: string;
}

/** Who runs this command, and when. @param now milliseconds since 1970 */
export function requester(now: number): Requester {
  const identity = { variables: ownVariables(), account: accountName(), host: hostname() };
  return { requestedAt: new Date(now).toISOString(), ...whoIs(identity) };
}

/**
 * Who it really is: whom `ENSEMBLE_OPERATOR` names, or else who came by sudo or doas, or else the account; and where. The
 * variables may hold anything: names are bounded, in one line, and those that say nothing do not count.
 */
export function whoIs({ variables, account, host }: Identity): Pick<Requester, 'by' | 'as'> {
  const own = boundedLine(account, MOST_NAME) || 'unknown';
  const name = VARIABLES.map((variable) => boundedLine(variables[variable] ?? '', MOST_NAME)).find(
    (said) => said !== '',
  );
  const by = `${name ?? own}@${boundedLine(host, MOST_NAME) || 'unknown'}`;
  return name === undefined || name === own ? { by } : { by, as: own };
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without a name, as in some containers.
    return String(process.getuid?.() ?? 'unknown');
  }
}
