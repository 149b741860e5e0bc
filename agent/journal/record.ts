import { savedHookContextSchema } from '../../hooks/context/saved.js';
import { historyEntrySchema } from '../../state/model/history-entry.js';
import { incarnationField } from '../../state/model/incarnation.js';
import { upgradeSteps, workflowStates } from '../../state/model/workflow-state.js';
import { leftBehindSchema } from '../../state/model/left-behind.js';
import * as z from '../../state/platform/zod.js';

/** The version of the record this release writes. A newer one is refused untouched. */
export const RECORD_VERSION = 1;

const instant = z.string();

/** A formula on this unit's disk: `directory` is its name under `.formula/`. */
const formulaRefSchema = z.looseObject({
  id: z.string(),
  sha256: z.string(),
  directory: z.string(),
});

const deathsSchema = z.object({ at: z.string(), times: z.int().check(z.nonnegative()) });

/** A formula's hold of an upgrade. */
const holdSchema = z.looseObject({
  since: instant,
  until: instant,
  reason: z.optional(z.string()),
  /** The hook failed: why. */
  failure: z.optional(z.string()),
});

/** A hook that was started and whose end has not been dealt with. Written before the process exists. */
const hookSchema = z.looseObject({
  /** The run's id: names its directory, and is the client id of its hook tools. */
  id: z.string(),
  name: z.string(),
  /** The number of the relation it belongs to. */
  relation: z.optional(z.string()),
  /** The request of an operator's command that is run in the place of a hook. */
  command: z.optional(
    z.looseObject({
      id: z.string(),
      words: z.array(z.string()).check(z.minLength(1)),
      timeLimit: z.optional(z.number()),
      /** Who asked for it. */
      by: z.optional(z.string()),
    }),
  ),
  /** Of `upgrade-pending`: the related unit whose upgrade it is about, and by which ask; absent where that is the unit's own. */
  about: z.optional(z.looseObject({ unit: z.string(), ask: z.string() })),
  /** An operator has it in a window: it takes as long as it takes. */
  debugged: z.optional(z.boolean()),
  attempt: z.int().check(z.positive()),
  /** Milliseconds, where its formula sets a limit of its own. */
  timeLimit: z.optional(z.number()),
  /** The machine's boot in which it was started. */
  boot: z.string(),
  /** The reads and buffered writes of the hook so far, as its context saved it; absent while there are none. */
  context: z.optional(savedHookContextSchema),
});

/** A hook that failed and is to run again by itself. */
export const hookRetrySchema = z.looseObject({
  hook: z.string(),
  /** Why it failed, in an operator's words, and what can be done about it. */
  failure: z.string(),
  next: z.optional(z.string()),
  since: instant,
  /** When it runs again. */
  until: instant,
  /** How often it was run so far. */
  attempt: z.int(),
});

/**
 * The journal's record of one unit: the truth about what the unit did, of which the state tree is a mirror. Unknown
 * keys are kept, so that a record survives an agent of another release.
 */
export const recordSchema = z.looseObject({
  version: z.literal(RECORD_VERSION),
  unit: z.string(),
  /** Which life of the unit's name this is; in no record of release 0.1.0. */
  ...incarnationField,
  service: z.string(),
  /** Which life of the service the unit was installed for. */
  serviceIncarnation: z.optional(z.string()),
  state: z.enum(workflowStates),
  /** When the state was entered. */
  since: instant,
  /** The formula that the `formula` link names; null before the first one. */
  formula: z.nullable(formulaRefSchema),
  /** The formulas before this one that are kept for going back, the last one first. */
  earlier: z.array(formulaRefSchema),
  /** Formula ids the unit went back from. */
  bad: z.array(z.string()),
  /** Present from the moment an upgrade goes ahead until the unit has resumed. */
  upgrade: z.nullable(
    z.looseObject({
      from: z.nullable(formulaRefSchema),
      to: formulaRefSchema,
      step: z.enum(upgradeSteps),
      since: instant,
      /** Who asked for it: the flag that says so is off the tree before the unit has resumed. */
      by: z.optional(z.string()),
      resumeIn: z.enum(['installing', 'starting', 'configuring']),
      /** It goes back: by the hook `revert-formula` of the formula it goes back to. */
      revert: z.optional(z.boolean()),
      /** For a revert: the formula it goes back from. */
      replaces: z.optional(formulaRefSchema),
      /** The version that its flag had: a higher one is somebody who asked again. */
      asked: z.optional(z.int()),
      /** A hook that fails makes it go back by itself. */
      revertOnError: z.optional(z.boolean()),
      /** The passage in lockstep: it waits for the others when its hook is through. */
      lockstep: z.optional(z.string()),
      /** What it went over as the unit was busy, in an operator's words. */
      over: z.optional(z.string()),
      /** Why the upgrade went back by itself, in an operator's words. */
      failure: z.optional(z.string()),
    }),
  ),
  /**
   * The formula id for whose sake the unit leaves relations, or has left them, before its upgrade goes ahead: it does
   * not join them again meanwhile.
   */
  leavingFor: z.optional(z.nullable(z.string())),
  /** Since when an upgrade is postponed as the unit is busy; null where none is. */
  postponed: z.optional(z.nullable(z.looseObject({ since: instant }))),
  /** The upgrade of which the formula was told last by its hook `upgrade-pending`, and what it said. */
  pending: z.optional(
    z.nullable(
      z.looseObject({
        from: z.string(),
        to: z.string(),
        class: z.string(),
        urgent: z.string(),
        /** Its hook has ended: it is not asked again about this one. */
        askedAt: z.optional(instant),
        hold: z.optional(z.nullable(holdSchema)),
      }),
    ),
  ),
  /**
   * Which related units were told of the upgrade that is wanted, before each is. `since`: when the first of them was asked since
   * the last upgrade, or since one was last called off: from then the time counts that all of them have together.
   */
  asks: z.optional(
    z.nullable(
      z.looseObject({
        from: z.string(),
        to: z.string(),
        since: instant,
        /** By their names. */
        units: z.record(
          z.string(),
          z.looseObject({
            id: z.string(),
            /** The number of the relation. */
            relation: z.string(),
            at: instant,
          }),
        ),
      }),
    ),
  ),
  /** The upgrades of related units of which the unit's formula was told, or is to be, by these units, and what it said. */
  asked: z.optional(
    z.record(
      z.string(),
      z.looseObject({
        id: z.string(),
        ...incarnationField,
        /** The number of the relation. */
        relation: z.string(),
        from: z.string(),
        to: z.string(),
        class: z.string(),
        urgent: z.string(),
        deadline: instant,
        /** Its hook has ended, or there was none to run. */
        askedAt: z.optional(instant),
        hold: z.optional(z.nullable(holdSchema)),
      }),
    ),
  ),
  /**
   * From when the time counts for which the unit may hold itself: the end of its last upgrade, or, where that is not known,
   * the first time that it was to be asked.
   */
  holdsFrom: z.optional(instant),
  /** The last word of the hook `health-check`, of which formula, and since when it says the same; null during an upgrade. */
  health: z.optional(
    z.nullable(
      z.looseObject({
        formula: z.string(),
        healthy: z.boolean(),
        since: instant,
        reason: z.optional(z.string()),
      }),
    ),
  ),
  /** The hooks of the present state that are through, so that a restart does not run them again. */
  done: z.array(z.string()),
  hook: z.nullable(hookSchema),
  /** The hook of the present state that waits for its next try. */
  retry: z.optional(z.nullable(hookRetrySchema)),
  /** The machine's boot in which `start` ran last. In another one, what it started is gone. */
  boot: z.optional(z.string()),
  /** How many times the hook of the present state was started. */
  attempts: z.int().check(z.nonnegative()),
  /**
   * How many agents in a row died without getting the unit any further, by what it was at.
   * @see takeUp
   */
  deaths: z.optional(z.object({ workflow: z.optional(deathsSchema), preparation: z.optional(deathsSchema) })),
  /** Digest of the config its hooks saw last; null asks for `config-changed`. */
  configDigest: z.nullable(z.string()),
  /**
   * Digest of the config for which the unit came into its error, where that is not `configDigest`; null where it is not
   * known. Another config is tried by itself.
   */
  failedConfig: z.optional(z.nullable(z.string())),
  /** The last message of `status-set`, or the reason why the unit went back. */
  message: z.string(),
  /** The message says why the unit went back: it holds until its next upgrade. */
  wentBack: z.optional(z.boolean()),
  /** The last state of the workload, by `status-set --state`. */
  workload: z.nullable(z.string()),
  /** Why the unit is in an error state, in an operator's words. */
  error: z.nullable(z.string()),
  /** The same in a few words, the cause first. */
  brief: z.optional(z.nullable(z.string())),
  /** The operator's way out of it. */
  next: z.optional(z.nullable(z.string())),
  /** It is the failure of a hook that ran: its log says more. */
  hookFailed: z.optional(z.boolean()),
  /** The ids of the operators' commands that were begun last: none of them is begun again. */
  begun: z.optional(z.array(z.string())),
  /** The id of the last `resolved` request that was honoured. */
  resolvedId: z.nullable(z.string()),
  /** The id of the last `abort` request that was honoured. */
  abortedId: z.optional(z.nullable(z.string())),
  /** The unit goes, and its directory is kept aside until an operator removes it. */
  keepData: z.optional(z.boolean()),
  /** The unit goes, and its directory is not kept. */
  purge: z.optional(z.boolean()),
  /** Who took the unit out of the tree while its agent was away; it stops, and may write nothing there any more. */
  evicted: z.optional(
    z.object({
      requestedAt: instant,
      by: z.string(),
      /** They wanted the unit removed: its data is kept no longer than that of others. */
      isRemoval: z.optional(z.boolean()),
    }),
  ),
  /** The files that hooks had left in the formula that the unit went from last. */
  leftBehind: z.optional(leftBehindSchema),
  /** Open ports, e.g. `80/tcp`. */
  ports: z.array(z.string()),
  /** News that the unit's history in the tree does not have yet. */
  news: z.optional(z.readonly(z.array(historyEntrySchema))),
});

export type UnitRecord = z.infer<typeof recordSchema>;
export type HookRetry = z.infer<typeof hookRetrySchema>;
export type FormulaRef = z.infer<typeof formulaRefSchema>;

/** The record of a unit that the agent has just been given. */
export function newRecord(unit: string, service: string, since: string, incarnation?: string): UnitRecord {
  return {
    version: RECORD_VERSION,
    unit,
    ...(incarnation !== undefined && { incarnation }),
    service,
    state: 'pending',
    since,
    formula: null,
    earlier: [],
    bad: [],
    upgrade: null,
    done: [],
    hook: null,
    attempts: 0,
    configDigest: null,
    message: '',
    workload: null,
    error: null,
    resolvedId: null,
    ports: [],
  };
}

/**
 * The formula the unit may claim to run: an upgrade counts only when it is committed, although the link on disk names
 * the new formula from `swapping` on.
 */
export function committedFormula(record: UnitRecord): FormulaRef | null {
  return record.upgrade !== null && record.upgrade.step !== 'resuming' ? record.upgrade.from : record.formula;
}
