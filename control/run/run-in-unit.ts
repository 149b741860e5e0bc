import type { CommandResult } from '../../state/model/commands.js';
import { requireUnit } from '../../state/model/units.js';
import type { Session } from '../session.js';
import { awaitResult, type WaitEvent } from './await-result.js';
import { CommandNotRun } from './errors.js';
import { requestCommand } from './request-command.js';
import { requireAgent } from './require-agent.js';
import type { CommandOfService } from './run-in-one.js';

/**
 * Runs a command in a unit's context. The request is the session's: closing that takes it back.
 * @throws UnitNotFound, UnitUnplaced, AgentDown, CommandNotRun
 */
export async function runInUnit(
  session: Session,
  unit: string,
  { command, timeout, by, interrupt, asked }: CommandOfService,
  tell: (event: WaitEvent) => void,
): Promise<CommandResult | 'interrupted' | 'too-late'> {
  const { coordinator } = session;
  const { machine } = (await requireUnit(coordinator, unit)).value;
  const host = await requireAgent(session, unit, machine);
  const id = await requestCommand(coordinator, unit, { command: [...command], timeLimit: timeout }, by);
  asked?.();
  const result = await awaitResult(coordinator, unit, id, host, tell, interrupt, timeout);
  if (typeof result !== 'string' && result.outcome === 'not-started')
    throw new CommandNotRun({ unit, reason: result.reason ?? 'it was not started' });
  return result;
}
