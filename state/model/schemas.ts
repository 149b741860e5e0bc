import { parametersSchema } from '../formula/rollout-parameters.js';
import * as z from '../platform/zod.js';
import { blockerSchema } from './blocker.js';
import { incarnationField } from './incarnation.js';
import { leftBehindSchema } from './left-behind.js';
import { remembering } from './remembering.js';
import { shown } from './shown.js';
import { upgradePolicySchema } from './upgrade-policy.js';
import type { RelationState, UpgradeStep, WorkflowState } from './workflow-state.js';

/** ISO 8601 in UTC, as everything that people may read is stamped. */
const instant = z.string().check(z.minLength(1));

const request = { requestedAt: instant, by: z.string() };

/** `/layout`: written last by `bootstrap`; a reader older than `minReader` must not touch the tree. */
export const layoutSchema = z.looseObject({
  level: z.int(),
  sublevel: z.int(),
  minReader: z.int(),
  /** What is on that older programs would misread; whoever does not know all of it must not touch the tree either. */
  features: z.optional(z.array(z.string())),
  /** Random id of this environment; absent in trees of release 0.1.0 until an agent gives them one. */
  environment: z.optional(z.string()),
  /** Milliseconds for which agents keep what removed units leave; 0 keeps nothing. A week where it is absent. */
  keepRemoved: z.optional(z.number().check(z.nonnegative())),
});

/**
 * `/marks/<agent id>`: written by that agent only. `count` is raised after it wrote to the tree, and never falls, so a
 * tree whose count is less than the agent remembers is a copy of before.
 */
export const markSchema = z.looseObject({
  count: z.int().check(z.nonnegative()),
  at: instant,
  machine: z.string(),
});

export const addressesSchema = z.looseObject({ private: z.string(), public: z.string() });

/** Whose a machine is: the agent of one data directory, on one host. */
export const machineOwnerSchema = z.looseObject({
  agentId: z.string(),
  hostname: z.string(),
  /** Absolute. */
  dataDirectory: z.string(),
  since: instant,
  /** Random, made anew whenever an agent takes the machine: names the node that stands for as long as it has it. */
  claim: z.string().check(z.regex(/^[0-9a-f]{12}$/)),
  /** The claim of the owner before this one, where that was another data directory, or may have been. */
  former: z.optional(z.string()),
  /** The same of those before that, too, the last one last. */
  formers: z.optional(z.array(z.string())),
  /** Tells its data directory from every copy, in this boot. */
  place: z.optional(z.string()),
  /** A process of its host, in this boot; with the start time (proc(5)) the pid names a process for good. */
  process: z.optional(z.looseObject({ pid: z.int(), startTime: z.string(), boot: z.string() })),
});

/** `/machines/<machine>/taking`, ephemeral: an agent is taking the machine over, and waits for its owner to go. */
export const takingSchema = z.looseObject({
  agentId: z.string(),
  pid: z.int(),
  hostname: z.string(),
  /** Absolute. */
  dataDirectory: z.string(),
  since: instant,
  claim: z.string(),
  /** Tells its data directory from every copy, in this boot. */
  place: z.string(),
});

/** Since when a machine takes no new units, who wants it so, and why. */
export const cordonSchema = z.looseObject({ since: instant, by: z.string(), reason: z.optional(z.string()) });

/**
 * By the `trust` of the environment's file on a machine: `required`: only signed formulas are taken there; `checked`: those
 * that are not signed, too; `none`: any.
 */
export type MachineTrust = 'required' | 'checked' | 'none';

/** `/machines/<machine>`. */
export const machineSchema = remembering(
  z.looseObject({
    hostname: z.string(),
    /** Absent where agents of a release that did not tell had it. */
    owner: z.optional(machineOwnerSchema),
    /** The version of the agent that took the machine last, and what it reads; all absent where that was release 0.1.0. */
    version: z.optional(z.string()),
    layout: z.optional(z.looseObject({ min: z.int(), max: z.int() })),
    features: z.optional(z.array(z.string())),
    /** What its agent does with formulas that nobody it trusts signed; absent where agents did not tell. */
    trust: z.optional(shown<MachineTrust>()),
    /** When the agent that had this claim was asked to stop, and did; says nothing of an owner with another claim. */
    stopped: z.optional(z.looseObject({ at: instant, claim: z.string() })),
    /** The agent's name at the host's service manager, if that runs it, e.g. `ensemble-agent.service`. */
    service: z.optional(z.string()),
    addresses: z.optional(addressesSchema),
    /** Its agent found no address that other machines could reach it by. */
    noAddress: z.optional(z.boolean()),
    /** Written by operators alone; agents keep it. */
    cordoned: z.optional(cordonSchema),
    /** Bytes; as of the agent's last look, hourly. */
    disk: z.optional(z.looseObject({ units: z.number(), cache: z.number(), free: z.number() })),
    /** The removed units that its agent keeps: how many, their bytes, and when the next of them goes by itself. */
    kept: z.optional(z.looseObject({ units: z.int(), bytes: z.number(), until: z.optional(z.string()) })),
  }),
);

/** `/machines/<machine>/agent`, ephemeral. */
export const agentSchema = remembering(
  z.looseObject({
    pid: z.int(),
    version: z.string(),
    since: instant,
    /** All absent where the agent is of a release that did not tell. */
    agentId: z.optional(z.string()),
    hostname: z.optional(z.string()),
    /** On its machine. */
    dataDirectory: z.optional(z.string()),
    /** Paths there: where it answers, and of the tmux server whose windows hooks are debugged in. */
    sockets: z.optional(z.looseObject({ agent: z.string(), debug: z.string() })),
    /** The boot of its machine in which `pid` is a process's. */
    boot: z.optional(z.string()),
    /** Tells its data directory from every copy, in this boot. */
    place: z.optional(z.string()),
    /** When it stopped; its session, and this node with it, stays for a while, for the next one. */
    stopped: z.optional(instant),
  }),
);

/** `/machines/<machine>/units/<unit>`: which life of the unit is placed there. */
export const placementSchema = remembering(z.looseObject({ ...incarnationField }));

/** `/formulas/<formula id>`: immutable. `metadata` and `config` are what `metadata.yaml` and `config.yaml` said. */
export const formulaRecordSchema = z.looseObject({
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  size: z.int().check(z.nonnegative()),
  storageKey: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  config: z.record(z.string(), z.unknown()),
  /** The names of its hooks, and of what else is directly in `hooks/`; absent of what release 0.1.0 published. */
  hooks: z.optional(z.array(z.string())),
  /** Who made the bundle, as `ssh-keygen` writes it. The only thing that may come, or change, later. */
  signature: z.optional(z.string()),
  /** The open change that it stands in, where it is not released; absent of a release. */
  change: z.optional(
    z.looseObject({ key: z.string(), commit: z.string(), ref: z.string(), repository: z.string() }),
  ),
  publishedAt: instant,
});

/** Units of a service that are made one after the other, in their order. */
const batchSchema = z.looseObject({
  /** The number of the first of them, how many they are, and how many of them are made. */
  first: z.int().check(z.nonnegative()),
  units: z.int().check(z.nonnegative()),
  made: z.int().check(z.nonnegative()),
  /** Where all of them go, where that was named. */
  machine: z.optional(z.string()),
});

/**
 * `/services/<service>`. `repository` is the origin: where `upgrade-formula` looks for something newer. `change` is
 * the random id of the command that wrote last, by which it recognises its own write when the answer was lost.
 */
export const serviceSchema = remembering(
  z.looseObject({
    formula: z.string(),
    repository: z.looseObject({ name: z.string(), path: z.string() }),
    nextUnit: z.int().check(z.nonnegative()),
    destroying: z.optional(z.boolean()),
    /** The formula before this one: where `revert-formula` goes. */
    previous: z.optional(z.string()),
    /** Those before that one, the last one first, as far as its units keep them. */
    earlier: z.optional(z.array(z.string())),
    /** Formulas that were reverted; not taken again without force. */
    bad: z.optional(z.array(z.string())),
    /** Its units are made by relations of container scope, one beside each unit of the other service. */
    subordinate: z.optional(z.boolean()),
    /** While a canary is tried: the formula that new units install, instead of this one. */
    startWith: z.optional(z.string()),
    /** The service that it was made as a clone of, and the id of that one's rollout. */
    cloneOf: z.optional(z.looseObject({ service: z.string(), rollout: z.string() })),
    /** The parameters that `set-rollout` set for its rollouts. */
    rollout: z.optional(parametersSchema),
    /** What the watcher may do about newer revisions of its formula; see `policyOf` for where it is absent. */
    policy: z.optional(upgradePolicySchema),
    /** A formula that agents of its units bring to their machines before anybody asks for it. */
    prefetch: z.optional(z.string()),
    /** There until all units are made that it was deployed with. */
    deploying: z.optional(batchSchema),
    /** The same of units that were added, as long as some of them are not made. */
    adding: z.optional(z.array(batchSchema)),
    ...incarnationField,
    change: z.string(),
  }),
);

/** `/repositories/<name>`: where it is, as services remember it, and who named it when. */
export const namedRepositorySchema = z.looseObject({ url: z.string(), since: instant, by: z.string() });

/** `/serials/<place>`: the highest serial of a signed index that was seen there; named by a digest of the place. */
export const serialSchema = z.looseObject({
  url: z.string(),
  serial: z.int().check(z.nonnegative()),
  at: instant,
});

/** `/numbers/<service>`: the number that its first unit gets when a service of this name is made again. */
export const numbersSchema = z.looseObject({ next: z.int().check(z.nonnegative()) });

export const configValuesSchema = remembering(
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
);

/** `/services/<service>/config-replaced`: what the last `set` replaced, for `set --undo`. */
export const replacedConfigSchema = z.looseObject({
  /** The version that the config got by it: with another one, somebody set it since who wrote no such node. */
  version: z.int(),
  /** The random id of the command that wrote it. */
  change: z.string(),
  at: instant,
  by: z.string(),
  /** By option, null where it was not set; absent where it was too much to keep. */
  values: z.optional(z.record(z.string(), z.nullable(z.union([z.string(), z.number(), z.boolean()])))),
});

/** An open port as people write it: `80/tcp`. */
export const portSchema = z.string().check(z.regex(/^\d{1,5}\/(tcp|udp)$/));

export const relationRoleSchema = z.enum(['provides', 'requires', 'peer']);

export const endpointSchema = z.looseObject({
  service: z.string(),
  name: z.string(),
  role: relationRoleSchema,
  interface: z.string(),
});

/** `/relations`: the number the next relation gets. */
export const relationCounterSchema = z.looseObject({ next: z.int().check(z.nonnegative()) });

/**
 * `/relations/<relation>`: one endpoint for peers, two otherwise. `removing`: its units leave it. `dropped`: of peers that
 * the service's formula has no more; it stands as long as a unit runs a formula that has them.
 */
export const relationSchema = remembering(
  z.looseObject({
    endpoints: z.array(endpointSchema).check(z.minLength(1), z.maxLength(2)),
    scope: z.enum(['global', 'container']),
    removing: z.optional(z.boolean()),
    dropped: z.optional(z.boolean()),
    /** In container scope: the service whose units are placed beside the other's. */
    subordinate: z.optional(z.string()),
    ...incarnationField,
    change: z.string(),
  }),
);

/** A unit's words to the others of a relation: text by key. */
export const settingsSchema = remembering(z.record(z.string(), z.string()));

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
    change: z.string(),
  }),
);

/** `/units/<unit>/subordinate-<service>`: the unit of that service that is placed beside this one. */
export const subordinateSchema = z.looseObject({ unit: z.string() });

/**
 * `/units/<unit>/upgrade`: the flag. `force`: also a unit that is in an error state. `to`: this formula and not the
 * service's. `revert`: it goes back, by the hook of the formula it goes back to. `revertOnError`: a unit whose upgrade
 * hook fails goes back by itself. `whileBusy`, of one that goes back: also a unit that is busy; others say so by `force`.
 */
export const flagSchema = remembering(
  z.looseObject({
    ...request,
    force: z.optional(z.boolean()),
    to: z.optional(z.string()),
    revert: z.optional(z.boolean()),
    revertOnError: z.optional(z.boolean()),
    whileBusy: z.optional(z.boolean()),
    /** The id of the rollout that asks. */
    rollout: z.optional(z.string()),
    /** The passage in lockstep: it goes ahead when that is opened in its service's rollout. @see passageOf */
    lockstep: z.optional(z.string()),
    /** The `since` of the error that the unit was in when it was asked: as long as it stands there, it has not begun. */
    over: z.optional(z.string()),
  }),
);

/** `/units/<unit>/resolved`. `id` tells one request from the next one for the same unit. */
export const resolvedSchema = z.looseObject({ ...request, id: z.string(), retry: z.boolean() });

/**
 * `/units/<unit>/abort`: one of the two that was seen, so that nothing else is aborted. Commands of release 0.1.0 name
 * only processes: without any, whatever waits is meant.
 */
export const abortSchema = z.looseObject({
  ...request,
  id: z.string(),
  /** The number of the process to be ended. */
  pid: z.optional(z.int()),
  /** The hook that is not to wait for its next try, and since when it does. */
  waiting: z.optional(
    z.looseObject({
      hook: z.string(),
      since: instant,
      /** For a relation's hook, the relation's identifier as in the unit's status; absent for the unit's own hooks. */
      relation: z.optional(z.string()),
    }),
  ),
});

/** `/units/<unit>/removal`. */
export const removalSchema = remembering(
  z.looseObject({
    ...request,
    /** Its directory is kept until an operator removes it. */
    keepData: z.optional(z.boolean()),
    /** That stands there only for an agent that would remove the directory at once; others keep it for its time. */
    forOlderAgent: z.optional(z.boolean()),
    /** Its directory is not kept at all. */
    purge: z.optional(z.boolean()),
  }),
);

/** A hook that failed and runs again by itself: why, since when, and when that will be. */
export const waitingSchema = z.looseObject({
  hook: z.string(),
  reason: z.string(),
  since: instant,
  until: instant,
  /** How often it was run so far. */
  attempt: z.int(),
});

/** What the hook `health-check` of a unit says: `checking` (nothing yet), `healthy` or `unhealthy`, since when, and why. */
export const healthSchema = z.looseObject({
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
    /** The state of each of the unit's relations, by the relation's identifier, e.g. `db:4`. */
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

export type Layout = z.infer<typeof layoutSchema>;
export type Mark = z.infer<typeof markSchema>;
export type Cordon = z.infer<typeof cordonSchema>;
export type Machine = z.infer<typeof machineSchema>;
export type AgentPresence = z.infer<typeof agentSchema>;
export type Taking = z.infer<typeof takingSchema>;
export type MachineOwner = z.infer<typeof machineOwnerSchema>;
export type FormulaRecord = z.infer<typeof formulaRecordSchema>;
export type NamedRepository = z.infer<typeof namedRepositorySchema>;
export type SeenSerial = z.infer<typeof serialSchema>;
export type Service = z.infer<typeof serviceSchema>;
export type UnitBatch = z.infer<typeof batchSchema>;
export type ConfigValues = z.infer<typeof configValuesSchema>;
export type ReplacedConfig = z.infer<typeof replacedConfigSchema>;
export type Addresses = z.infer<typeof addressesSchema>;
export type RelationRole = z.infer<typeof relationRoleSchema>;
export type RelationEndpoint = z.infer<typeof endpointSchema>;
export type Relation = z.infer<typeof relationSchema>;
export type Settings = z.infer<typeof settingsSchema>;
export type Unit = z.infer<typeof unitSchema>;
export type Flag = z.infer<typeof flagSchema>;
export type Resolved = z.infer<typeof resolvedSchema>;
export type Abort = z.infer<typeof abortSchema>;
export type Removal = z.infer<typeof removalSchema>;
export type UnitHealth = z.infer<typeof healthSchema>;
export type UnitStatus = z.infer<typeof statusSchema>;
