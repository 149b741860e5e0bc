import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { parametersSchema } from '../formula/rollout-parameters.js';
import * as z from '../platform/zod.js';
import { type Entity, nodeValue, type Problem, readSound } from './entity.js';
import { failuresSchema, withoutFailure } from './failed-formulas.js';
import { newIncarnation } from './incarnation.js';
import { gatesSchema, settledGates } from './lockstep.js';
import { paths } from './paths.js';
import { shown } from './shown.js';

/**
 * `running`: units are taken on. `paused`: nothing further is, until somebody says so. `failed`: the same, since units
 * failed or nothing got further. `reverting`: units go back. The others are over; what is behind at the end, because its
 * agent is away, is still taken on when it returns.
 */
const rolloutStates = ['running', 'paused', 'failed', 'reverting', 'done', 'aborted', 'superseded'] as const;

export type RolloutState = (typeof rolloutStates)[number];

const instant = z.string().check(z.minLength(1));

/** A service that was made as the clone of another, by the id of the rollout that made it. */
const cloneReferenceSchema = z.looseObject({ service: z.string(), rollout: z.string() });
export type CloneReference = z.infer<typeof cloneReferenceSchema>;

/**
 * `/services/<service>/rollout`: what is planned, and where it stands. How far the units are is never in it: that is read
 * off them, so that it does not grow with their number. Words of later releases are kept and shown, and nothing is decided
 * by them.
 */
export const rolloutSchema = z.looseObject({
  id: z.string(),
  /** Names the node beside it by which a writer knows that it is still this service's life; see `guardOf`. */
  life: z.string(),
  /** Formula ids. `revertTo`: that of the last rollout that was completed. */
  from: z.string(),
  to: z.string(),
  revertTo: z.string(),
  by: z.string(),
  requestedAt: instant,
  parameters: z._default(parametersSchema, {}),
  /** Also units in an error, and those that went back from the formula. */
  force: z.optional(z.boolean()),
  /** A unit whose upgrade hook fails goes back by itself. */
  revertOnError: z.optional(z.boolean()),
  state: shown<RolloutState>(),
  stateSince: instant,
  /** Why it is in its state, and whose doing that is, where it is somebody's. */
  reason: z.optional(z.string()),
  stateBy: z.optional(z.string()),
  /** The reason for a pause: a word from an operator on the canary, on a wave or on the clone, or the one who paused. */
  gate: z.optional(shown<RolloutGate>()),
  /** The canary is taken for good. */
  promoted: z.optional(z.boolean()),
  /** How many units it may have taken on before it pauses next; any number where it is absent. */
  allowed: z.optional(z.int()),
  /** In lockstep, what is open to its units, by passage; and what was, of the rollouts before it. */
  gates: z.optional(gatesSchema),
  /** When the last of its gates was opened. */
  gateSince: z.optional(instant),
  /** With strategy `clone`: the service that is to take this one's place, and whether it was made. */
  clone: z.optional(z.looseObject({ service: z.string(), made: z.optional(z.boolean()) })),
  /** Clones of the rollouts before it that were not promoted: they go. */
  left: z.optional(z.array(cloneReferenceSchema)),
  /** What failed on the service; see there. */
  failures: z.optional(failuresSchema),
  /** The service whose clone is promoted stays, unrelated and unexposed. */
  keep: z.optional(z.boolean()),
  /** Units go to `revertTo`. */
  revert: z.optional(z.boolean()),
  /** When units were last asked. */
  flaggedAt: z.optional(instant),
  /** It is over, and nothing of it is left to be done. */
  closed: z.optional(z.boolean()),
  /** Errors of before do not count: when it began, or when its failed units were asked again. */
  countedFrom: instant,
  /** After its failed units were asked again: errors since then, and before `countedFrom`, are those. */
  retriedFrom: z.optional(instant),
});

export type RolloutGate = 'canary' | 'wave' | 'clone' | 'operator';
export type Rollout = z.infer<typeof rolloutSchema>;

/** The clones that are still to go when another rollout takes this one's place. */
export function clonesLeftBy({ id, clone, left = [], promoted, closed }: Rollout): readonly CloneReference[] {
  const isOver = clone === undefined || promoted === true || closed === true;
  return isOver ? left : [...left, { service: clone.service, rollout: id }];
}

/** The formula that the units shall run. */
export function goalOf({ to, revertTo, revert }: Pick<Rollout, 'to' | 'revertTo' | 'revert'>): string {
  return revert === true ? revertTo : to;
}

/** Which way it leads: formula ids. */
export function wayOf(rollout: Rollout): { readonly from: string; readonly to: string } {
  const { from, to, revertTo, revert } = rollout;
  return revert === true && to !== revertTo ? { from: to, to: revertTo } : { from, to };
}

/** True if something of it is still to be done, or to be said by somebody. */
export function isOpen({ state }: Pick<Rollout, 'state'>): boolean {
  return state === 'running' || state === 'paused' || state === 'failed' || state === 'reverting';
}

/** @param problems gets the node where it cannot be read */
export function readRollout(
  coordinator: Coordinator,
  service: string,
  problems: Problem[] = [],
): Promise<Entity<Rollout> | undefined> {
  return readSound(coordinator, paths.rollout(service), rolloutSchema, problems);
}

/**
 * Each write of a driver carries this, so that it applies to the rollout that it was decided by, or not at all.
 *
 * The version alone would not do: when a service is destroyed and another one of its name is made, the versions of
 * its nodes begin at 0 again, and no transaction can check that a node is another one. So the rollout's node is never
 * removed while its service stands, and beside it stands a node that is named by the random `life`, which goes with
 * the service.
 */
export function guardOf(service: string, rollout: Entity<Rollout>): readonly Operation[] {
  return [
    { kind: 'check', path: paths.rolloutLife(service, rollout.value.life) },
    { kind: 'check', path: paths.rollout(service), version: rollout.version },
  ];
}

/** The operations that write the rollout over what was read of it, under the same guard. */
export function writeRollout(
  service: string,
  standing: Entity<Rollout>,
  next: Rollout,
): readonly Operation[] {
  return [
    { kind: 'check', path: paths.rolloutLife(service, standing.value.life) },
    { kind: 'set', path: paths.rollout(service), value: nodeValue(next), version: standing.version },
  ];
}

/** A rollout that is about to begin. */
export type NewRollout = Pick<
  Rollout,
  | 'from'
  | 'to'
  | 'revertTo'
  | 'by'
  | 'requestedAt'
  | 'parameters'
  | 'force'
  | 'revertOnError'
  | 'state'
  | 'stateSince'
  | 'revert'
  | 'reason'
  | 'allowed'
  | 'countedFrom'
  | 'clone'
>;

/**
 * The operations that put a new rollout in the place of the one before, or of none.
 * @param isAutomatic nobody asked for it: what failed of its formula before still counts
 */
export function beginRollout(
  service: string,
  standing: Entity<Rollout> | undefined,
  rollout: NewRollout,
  isAutomatic = false,
): { readonly rollout: Rollout; readonly operations: readonly Operation[] } {
  const id = newIncarnation();
  if (standing !== undefined) {
    const gates = settledGates(standing.value);
    const left = clonesLeftBy(standing.value);
    const { failures: before } = standing.value;
    const failures = isAutomatic ? before : withoutFailure(before, rollout.to);
    const next: Rollout = {
      ...rollout,
      id,
      life: standing.value.life,
      ...(gates !== undefined && { gates }),
      ...(failures !== undefined && { failures }),
      ...(left.length > 0 && { left: [...left] }),
    };
    return { rollout: next, operations: writeRollout(service, standing, next) };
  }
  const next: Rollout = { ...rollout, id, life: newIncarnation() };
  return {
    rollout: next,
    operations: [
      { kind: 'create', path: paths.rolloutLife(service, next.life), value: '{}' },
      { kind: 'create', path: paths.rollout(service), value: nodeValue(next) },
    ],
  };
}
