import * as z from '../platform/zod.js';
import { blockerSchema } from './blocker.js';
import { adoptedField, incarnationField } from './incarnation.js';
import { instant } from './instant.js';
import { leftBehindSchema } from './left-behind.js';
import { addressesSchema } from './machine-schemas.js';
import { remembering } from './remembering.js';
import { shown } from './shown.js';
import type { RelationState, UpgradeStep, WorkflowState } from './workflow-state.js';

/** An open port as people write it: `80/tcp`. */
const portSchema = z.string().check(z.regex(/^\d{1,5}\/(tcp|udp)$/));

/** `/units/<unit>`. `machine` is null until it is placed, `formula` null until the agent has installed one. */
export const unitSchema = remembering(
  z.looseObject({
    service: z.string(),
    machine: z.nullable(z.string()),
    formula: z.nullable(z.string()),
    addresses: z.optional(addressesSchema),
    ports: z._default(z.array(portSchema), []),
    /** The formulas kept on its machine to go back to, the last one first. */
    earlier: z.optional(z.array(z.string())),
    /** Formulas the unit went back from. */
    bad: z.optional(z.array(z.string())),
    /** For a subordinate unit: the unit it was placed beside. */
    principal: z.optional(z.string()),
    ...incarnationField,
    ...adoptedField,
    change: z.string(),
  }),
);

/** `/units/<unit>/subordinate-<service>`: the unit of that service that is placed beside this one. */
export const subordinateSchema = z.looseObject({ unit: z.string() });

/** A hook that failed and runs again by itself: why, since when, and when that will be. */
const waitingSchema = z.looseObject({
  hook: z.string(),
  reason: z.string(),
  since: instant,
  until: instant,
  /** How often it was run so far. */
  attempt: z.int(),
});

/** What the hook `health-check` of a unit says: `checking` (nothing yet), `healthy` or `unhealthy`, since when, and why. */
const healthSchema = z.looseObject({
  state: shown<'checking' | 'healthy' | 'unhealthy'>(),
  since: instant,
  reason: z.optional(z.string()),
});

/** `/units/<unit>/status`: a mirror of the agent's journal, for observers. */
export const statusSchema = remembering(
  z.looseObject({
    state: shown<WorkflowState>(),
    since: instant,
    message: z._default(z.string(), ''),
    /** The message in a few words, the cause first and without a command, where it is longer. */
    brief: z.optional(z.string()),
    /** The operator's way out of an error, or of whatever keeps the unit waiting. */
    next: z.optional(z.string()),
    /** The state of each of the unit's relations, by the relation's id, e.g. `db:4`. */
    relations: z.optional(
      z.record(
        z.string(),
        z.looseObject({
          state: shown<RelationState>(),
          services: z.array(z.string()),
          message: z.optional(z.string()),
          /** Where the message ends with a command: what stands before it, and the command. */
          brief: z.optional(z.string()),
          next: z.optional(z.string()),
          waiting: z.optional(waitingSchema),
        }),
      ),
    ),
    /** There while a hook, or a command in its place (`run`), has been running for longer than a moment. */
    hook: z.optional(
      z.looseObject({
        name: z.string(),
        since: instant,
        /** On the unit's machine; leads the process group. */
        pid: z.int(),
        attempt: z.int(),
      }),
    ),
    /** There while a hook of the workflow waits for its next try; every way out of an error leads out of this too. */
    waiting: z.optional(waitingSchema),
    /**
     * The versions of its service's config that `config-changed` came through for last, and was begun for last; null while
     * that is not known. Agents of release 0.1.0 do not tell.
     */
    config: z.optional(z.looseObject({ seen: z.nullable(z.int()), tried: z.nullable(z.int()) })),
    /** The formula's words about its workload, by `status-set --state`, e.g. `maintenance`. */
    workload: z.optional(z.string()),
    /** There where the unit's formula has the hook `health-check`, and no upgrade is under way. */
    health: z.optional(healthSchema),
    /** The files that hooks had left in the formula that the unit went from last; until its next upgrade. */
    leftBehind: z.optional(leftBehindSchema),
    upgrade: z.optional(
      z.looseObject({
        step: shown<UpgradeStep>(),
        from: z.string(),
        to: z.string(),
        since: instant,
        blockers: z.optional(z.array(blockerSchema)),
        /** Since when it is postponed as the unit is busy, and until when at most. */
        postponed: z.optional(z.looseObject({ since: instant, until: instant })),
        /** Until when it was postponed, where that is over. */
        waitedUntil: z.optional(instant),
        /** In lockstep, the passage for which it is ready (at `waiting`), or in which its hook is through. */
        lockstep: z.optional(z.string()),
      }),
    ),
  }),
);

export type Unit = z.infer<typeof unitSchema>;
export type UnitHealth = z.infer<typeof healthSchema>;
export type UnitStatus = z.infer<typeof statusSchema>;
