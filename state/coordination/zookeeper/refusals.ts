import type { EnsembleError } from '../../platform/errors.js';
import { AccessDenied, NodeExists, NodeNotEmpty, NodeNotFound, VersionConflict } from '../errors.js';
import { RequestRefused } from './errors.js';
import { parentOf } from './paths.js';

/** ZooKeeper's error codes that the contract has errors for (org.apache.zookeeper.KeeperException.Code). */
export const NO_NODE = -101;
const NO_AUTH = -102;
const BAD_VERSION = -103;
export const NODE_EXISTS = -110;
const NOT_EMPTY = -111;
const INVALID_ACL = -114;
const RUNTIME_INCONSISTENCY = -2;

/** The refused request: `kind` is that of the call, `path` the caller's. */
export interface Refused {
  readonly kind: 'get' | 'children' | 'create' | 'set' | 'remove' | 'check';
  readonly path: string;
}

/** The error that an answer's code stands for; codes this file does not know included. */
export function refusal(coordinator: string, code: number, { kind, path }: Refused): EnsembleError {
  switch (code) {
    case NO_NODE:
      return new NodeNotFound({ path: kind === 'create' ? parentOf(path) : path });
    case BAD_VERSION:
      return new VersionConflict({ path });
    case NODE_EXISTS:
      return new NodeExists({ path });
    case NOT_EMPTY:
      return new NodeNotEmpty({ path });
    case NO_AUTH:
    case INVALID_ACL:
      return new AccessDenied({ coordinator, path });
    default:
      return new RequestRefused({ coordinator, path, zookeeperCode: code });
  }
}

/**
 * Which operation of a transaction was refused, by the codes of all: 0 before it, then its own, and after it
 * RUNTIME_INCONSISTENCY. -1 where all were applied.
 */
export function firstRefused(codes: readonly number[]): number {
  const own = codes.findIndex((code) => code !== 0 && code !== RUNTIME_INCONSISTENCY);
  return own === -1 ? codes.findIndex((code) => code !== 0) : own;
}
