import * as z from '../platform/zod.js';
import { adoptedField, incarnationField } from './incarnation.js';
import { instant } from './instant.js';
import { remembering } from './remembering.js';
import { shown } from './shown.js';

export const addressesSchema = z.looseObject({ private: z.string(), public: z.string() });

/** Whose a machine is: the agent of one data directory, on one host. */
const machineOwnerSchema = z.looseObject({
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
const cordonSchema = z.looseObject({ since: instant, by: z.string(), reason: z.optional(z.string()) });

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
export const placementSchema = remembering(z.looseObject({ ...incarnationField, ...adoptedField }));

/**
 * By the `trust` of the environment's file on a machine: `required`: only signed formulas are taken there; `checked`: those
 * that are not signed, too; `none`: any.
 */
export type MachineTrust = 'required' | 'checked' | 'none';
export type Cordon = z.infer<typeof cordonSchema>;
export type Machine = z.infer<typeof machineSchema>;
export type AgentPresence = z.infer<typeof agentSchema>;
export type Taking = z.infer<typeof takingSchema>;
export type MachineOwner = z.infer<typeof machineOwnerSchema>;
export type Addresses = z.infer<typeof addressesSchema>;
