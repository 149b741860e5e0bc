import { EnsembleError } from '../../state/platform/errors.js';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { absenceOf, absenceSentence } from '../../state/model/absence.js';
import { parseEntity, parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type Machine, machineSchema } from '../../state/model/machine-schemas.js';
import { statusSchema } from '../../state/model/unit-schemas.js';
import { relationErrors } from '../status/relation-entries.js';
import { unitMessage } from '../status/unit-message.js';

/** Milliseconds after which a command that has not begun says why: most begin before. */
const SOON = 1_000;

/**
 * Tells, after a moment and whenever it changes, what a unit is at that keeps a command waiting.
 * @param machine where it is placed: an agent that is suspended here begins nothing, whatever the unit is at
 * @returns what it is at now, and what ends the telling
 */
export function watchWhatKeepsWaiting(
  coordinator: Coordinator,
  clock: Clock,
  unit: string,
  machine: string,
  tell: (reason: string) => void,
): { reason(): string; close(): void } {
  let atWork = '';
  let owner: Machine | undefined;
  const reasonNow = (): string => {
    const absence = absenceOf(owner);
    if (absence.kind !== 'suspended') return atWork;
    return `${absenceSentence(machine, absence)}; let it go on: kill -CONT ${absence.pid}`;
  };
  let told = '';
  let isTime = false;
  const look = (): void => {
    const reason = reasonNow();
    if (!isTime || reason === '' || reason === told) return;
    told = reason;
    tell(reason);
  };
  const observation: Observation = coordinator.observe(paths.status(unit), (node) => {
    try {
      const status = parseEntity(paths.status(unit), statusSchema, node)?.value;
      if (status === undefined) return;
      const errors = Object.fromEntries(relationErrors(status.relations));
      const says = unitMessage({ ...status, relationErrors: errors });
      atWork = `${unit} is ${status.state}${says === '' ? '' : `: ${says}`}`;
    } catch (error) {
      // Nobody knows the state behind a status that cannot be read.
      if (!(error instanceof EnsembleError)) throw error;
      atWork = error.message;
    }
    look();
  });
  const ofMachine = coordinator.observe(paths.machine(machine), (node) => {
    owner = parseSound(paths.machine(machine), machineSchema, node, [])?.value;
    look();
  });
  const timer: Timer = clock.after(SOON, () => {
    isTime = true;
    look();
  });
  return {
    reason: reasonNow,
    close() {
      timer.cancel();
      observation.close();
      ofMachine.close();
    },
  };
}
