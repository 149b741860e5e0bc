import { defineError } from '../../state/platform/errors.js';
import { type BehindMachine, behindText } from './plan-upgrade.js';

/** Machines that a sentence names. */
const MOST_NAMED = 10;

/** Older programs work on some machines, and would misread the environment. */
export class MachinesBehind extends defineError<{ environment: string; behind: readonly BehindMachine[] }>(
  'machines-behind',
  ({ environment, behind }) => {
    const named = behind.slice(0, MOST_NAMED).map(behindText).join('; ');
    const more = behind.length > MOST_NAMED ? `; and ${behind.length - MOST_NAMED} more` : '';
    return `environment ${environment} cannot be upgraded yet: ${named}${more}`;
  },
  ({ behind }) => {
    const lost = behind.find(({ agent }) => agent === 'down');
    const out =
      lost === undefined
        ? ''
        : `; a machine that is lost for good: ensemble remove-machine ${lost.hostsUnits ? '--force ' : ''}${lost.machine}`;
    return `install the newer Ensemble there, restart the agent, and run the command again${out}`;
  },
  { exitCode: 3 },
) {}
