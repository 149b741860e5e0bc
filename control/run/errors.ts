import { defineError } from '../../state/platform/errors.js';
import { cordonBlocker } from '../cordon.js';

/** A request to a unit needs its agent now. */
export class AgentDown extends defineError<{
  unit: string;
  machine: string;
  /** The way to get the agent to work again. */
  start: string;
  /** Why it does not, where more is known than that. */
  absence?: string | undefined;
}>(
  'agent-down',
  ({ unit, machine, absence }) =>
    `the agent of ${unit} on machine ${machine} is down${absence === undefined ? '' : `: ${absence}`}`,
  ({ start }) => start,
) {}

/** No machine hosts the unit yet. */
export class UnitUnplaced extends defineError<{
  unit: string;
  start: string;
  /** All machines there are, where every one is cordoned. */
  closed?: readonly string[] | undefined;
}>(
  'unit-unplaced',
  ({ unit, closed }) => {
    const blocker = closed && cordonBlocker(closed);
    return blocker === undefined
      ? `unit ${unit} waits for a machine`
      : `unit ${unit} cannot be asked: ${blocker.reason}`;
  },
  ({ start, closed }) => {
    const blocker = closed && cordonBlocker(closed);
    return blocker?.next ?? `start an agent: ${start}`;
  },
) {}

/** The agent could not start an operator's command. */
export class CommandNotRun extends defineError<{ unit: string; reason: string }>(
  'command-not-run',
  ({ unit, reason }) => `the command was not run in ${unit}: ${reason}`,
  'ensemble status',
) {}
