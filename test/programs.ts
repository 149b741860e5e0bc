import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Node reads these certificates at each start, which takes longer than all else of it.
delete process.env.NODE_EXTRA_CA_CERTS;

/** The command, for Node to run. */
export const ensembleProgram = programOf('ensemble.cjs', 'cli/main.js');

/** The agent, for Node to run. */
export const agentProgram = programOf('ensemble-agent.js', 'agent/main.js');

/** What changes the layouts of directories, for Node to run. */
export const migrateProgram = programOf('ensemble-migrate.cjs', 'migrate/main.js');

/** The watcher, for Node to run. */
export const watcherProgram = programOf('ensemble-watcher.cjs', 'watcher/main.js');

/**
 * The program as it is shipped, which starts in less than half the time of the one that is compiled: tests start it
 * some thousand times. The latter for coverage, and where it was compiled since and not bundled.
 */
function programOf(shipped: string, compiled: string): string {
  const bundle = inDist(`bin/${shipped}`);
  const main = inDist(compiled);
  // What the compiler writes last, whatever changed.
  const isStale = timeOf(bundle) < timeOf(inDist('.tsbuildinfo'));
  return isStale || process.env.NODE_V8_COVERAGE !== undefined ? main : bundle;
}

function inDist(file: string): string {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}

function timeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
