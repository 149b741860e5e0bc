import { paths } from './paths.js';

/** The nodes under which everything else stands, besides `/layout`. */
export const treeRoots: readonly string[] = [
  paths.machines,
  paths.formulas,
  paths.bundles,
  paths.repositories,
  paths.serials,
  paths.services,
  paths.numbers,
  paths.units,
  paths.unplaced,
  paths.relations,
  paths.logs,
  paths.history,
  paths.marks,
  paths.tombstones,
  paths.election,
  paths.watcher,
];
