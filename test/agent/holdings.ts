import { readdir } from 'node:fs/promises';
import { queryObjects } from 'node:v8';
import { AgentUnit } from '../../agent/unit/unit.js';
import type { Counted } from '../scale/counting-coordinator.js';
import { allPaths } from '../state/model/tree.js';
import type { World } from './world.js';

/** What an agent of this process, its directory and the tree hold at a moment at which nothing goes on. */
export interface Holdings {
  /** Observations of the coordinator. */
  readonly observing: number;
  /** Watches at the ZooKeeper server, by their paths; none on the embedded engine. */
  readonly watches: readonly string[];
  /** Units that are in memory, hosted or not. */
  readonly units: number;
  /** Processes, pipes and watches of the file system. */
  readonly resources: readonly string[];
  /** Below the agent's directory, without what the journal's and the logs' own bounds keep small. */
  readonly files: readonly string[];
  /** In the tree, without records of what was: those are bounded by number. */
  readonly nodes: readonly string[];
}

/** Kept for later by design, and bounded: the logs' segments, histories, published formulas and bundles. */
const RECORDS = /^\/(logs|history|formulas)\//;
const KEPT = /^(cache|journal|runs)(\/|$)/;

/** The name of a directory with an extracted formula. */
const FORMULA = /\d+-[0-9a-f]{12}/g;

/** Units in memory once all garbage is collected, of this and of any other agent of this process. */
export function unitsInMemory(): number {
  return queryObjects(AgentUnit, { format: 'count' });
}

/** @param watched gives the paths that are watched at the server */
export async function holdings(
  world: World,
  counted: Counted,
  watched: () => Promise<readonly string[]>,
): Promise<Holdings> {
  const files = await readdir(world.path('machines', 'm0'), { recursive: true });
  return {
    observing: counted.observing,
    watches: [...(await watched())].sort(),
    units: unitsInMemory(),
    resources: process
      .getActiveResourcesInfo()
      .filter((name) => /FSEvent|Process|Pipe/.test(name))
      .sort(),
    files: files
      .filter((file) => !KEPT.test(file))
      .map((file) => file.replaceAll(FORMULA, 'FORMULA'))
      .sort(),
    nodes: (await allPaths(world.coordinator)).filter((path) => !RECORDS.test(path)),
  };
}
