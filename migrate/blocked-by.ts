import { explainedBySystem } from '../state/platform/system-errors.js';
import { ItemBroken, StepBlocked } from './contract/step.js';

/** Why a directory could not be changed, or one thing in it, and what its owner can do. */
export interface Blocked {
  readonly reason: string;
  readonly remedy: string;
  /** An agent works in it. */
  readonly inUse?: true;
  /** The process of that agent, where it is known. */
  readonly pid?: number;
}

/** What an error says to the owner of `path`. */
export function blockedBy(error: unknown, path: string): Blocked {
  if (error instanceof ItemBroken) return { reason: error.reason, remedy: error.remedy };
  if (error instanceof StepBlocked) return { reason: error.reason, remedy: error.remedy, ...error.agent };
  const explained = explainedBySystem(error, path);
  const told = explained instanceof Error ? explained : new Error(String(explained));
  const { code } = error as NodeJS.ErrnoException;
  const next =
    'next' in told && typeof told.next === 'string' ? told.next : 'mend that, and do the same again';
  const isOthers = (code === 'EACCES' || code === 'EPERM') && next.startsWith('run it as');
  return { reason: told.message, remedy: isOthers ? 'as the user who owns it: ensemble-migrate' : next };
}
