import { driveRollout } from '../../control/rollout/drive.js';
import type { Coordinator, Observation, Operation } from '../../state/coordination/coordinator.js';
import { type Leadership, standForElection } from '../../state/coordination/election.js';
import { type Problem, parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type Rollout, rolloutSchema } from '../../state/model/rollout.js';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Log } from '../contract/log.js';
import { leadRemovals } from './lead-removals.js';

interface Parts {
  readonly coordinator: Coordinator;
  /** The same for each process of this agent. */
  readonly agentId: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/**
 * Milliseconds for which a rollout is left to the command that follows it, counted from its last change: as long as that one
 * drives, an agent that drives too costs the coordinator twice the reads. Where all units are asked already, nothing is
 * urgent.
 */
const LEFT_TO_COMMANDS = { rolling: 1_000, all: 10_000 } as const;

/** Milliseconds after which a rollout is looked at again that could not be driven. */
const AFTER_FAILURE = 30_000;

/**
 * Stands for election among the agents of the environment; the one that leads drives every rollout that nobody follows, and
 * finishes removals whose command died. What it writes carries the guard of its term, so that one that was deposed, and does not know it yet, writes nothing.
 */
export function leadRollouts(parts: Parts): { close(): Promise<void> } {
  const { coordinator, agentId, clock, random, log } = parts;
  return standForElection(coordinator, paths.election, {
    name: agentId,
    clock,
    random,
    failed: (error) => log.warning('cannot stand for election, and tries again', { error }),
    lead: (leadership) => lead(parts, leadership),
  });
}

function lead({ coordinator, clock, log }: Parts, { guard, over, term }: Leadership): void {
  if (over.aborted) return;
  log.debug('leads', { term });
  leadRemovals({ coordinator, clock, log, guard, over });
  const services = new Map<string, { end(): void }>();
  const observation = coordinator.observeChildren(paths.services, (names) => {
    const present = new Set(names ?? []);
    for (const [name, led] of services) {
      if (present.has(name)) continue;
      services.delete(name);
      led.end();
    }
    for (const name of present)
      if (!services.has(name)) services.set(name, leadService({ coordinator, clock, log, guard }, name));
  });
  over.addEventListener(
    'abort',
    () => {
      observation.close();
      for (const led of services.values()) led.end();
    },
    { once: true },
  );
}

interface Leading extends Pick<Parts, 'coordinator' | 'clock' | 'log'> {
  readonly guard: Operation;
}

/** Looks after the rollouts of one service, one after the other. */
function leadService(parts: Leading, service: string): { end(): void } {
  const { coordinator, clock, log } = parts;
  let timer: Timer | undefined;
  let driver: { end(): void } | undefined;
  const stop = (): void => {
    timer?.cancel();
    driver?.end();
    timer = undefined;
    driver = undefined;
  };
  const drive = (): void => {
    timer = undefined;
    driver = driveRollout(
      { ...parts, patience: LEFT_TO_COMMANDS.rolling },
      service,
      () => undefined,
      (error) => {
        log.error('a rollout cannot be driven, and is looked at again', { service, error });
        driver = undefined;
        timer = clock.after(AFTER_FAILURE, drive);
      },
    );
  };
  const observation: Observation = coordinator.observe(paths.rollout(service), (node) => {
    const problems: Problem[] = [];
    const rollout = parseSound(paths.rollout(service), rolloutSchema, node, problems)?.value;
    for (const problem of problems) log.error('a rollout cannot be read', { service, ...problem });
    if (rollout === undefined || !isToBeDriven(rollout)) {
      stop();
      return;
    }
    if (driver !== undefined) return;
    timer?.cancel();
    const patience = rollout.parameters.strategy === 'all' ? LEFT_TO_COMMANDS.all : LEFT_TO_COMMANDS.rolling;
    timer = clock.after(patience, drive);
  });
  return {
    end() {
      observation.close();
      stop();
    },
  };
}

/**
 * A rollout that waits for somebody's word needs nobody who drives it, unless its clone may be destroyed meanwhile, or that
 * of one before it is still to go.
 */
function isToBeDriven({
  state,
  closed,
  clone,
  left = [],
}: Pick<Rollout, 'state' | 'closed' | 'clone' | 'left'>): boolean {
  return (state !== 'paused' || clone !== undefined || left.length > 0) && closed !== true;
}
