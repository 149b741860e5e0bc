import type { AgentPresence, Machine } from '../../state/model/machine-schemas.js';

/** This agent, as its presence node and the machine's owner name it. */
export interface Identity {
  readonly machine: string;
  /** Random, kept in the data directory: tells a restarted agent from another one of the same machine name. */
  readonly agentId: string;
  readonly version: string;
  readonly description: Machine;
  /** Absolute; for commands that are run on the machine itself. */
  readonly dataDirectory: string;
  /** Paths, for those who are on this machine. */
  readonly sockets?: AgentPresence['sockets'];
  /** The boot in which `pid` is a process's. */
  readonly boot: string;
  /** Tells this data directory from every copy of it, in this boot; see `placeOf`. */
  readonly place: string;
}

/** The claims this data directory had on its machine: one of them is the tree's, unless a copy of it ran since. */
export interface ClaimMemory {
  known(): readonly string[];
  /** Kept before the tree has it. */
  remember(claim: string): Promise<void>;
}
