import type { Benchmark } from './benchmark.js';
import { ansible } from './cases/ansible.js';
import { changeShape } from './cases/change-shape.js';
import { fetchAndStage } from './cases/fetch-and-stage.js';
import { growth } from './cases/growth.js';
import { hookTool } from './cases/hook-tool.js';
import { idleAgent } from './cases/idle-agent.js';
import { manyAgents } from './cases/many-agents.js';
import { notices } from './cases/notices.js';
import { oneDownload } from './cases/one-download.js';
import { operations } from './cases/operations.js';
import { pause } from './cases/pause.js';
import { rollout } from './cases/rollout.js';
import { startUp } from './cases/start-up.js';
import { tenThousand } from './cases/ten-thousand.js';
import { unitMachineAlone } from './cases/unit-machine.js';
import { watcher } from './cases/watcher.js';
import { wholeUpgrade } from './cases/whole-upgrade.js';

/** All of them, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  wholeUpgrade,
  rollout,
  unitMachineAlone,
  growth,
  ansible,
  tenThousand,
  changeShape,
  pause,
  fetchAndStage,
  oneDownload,
  operations,
  hookTool,
  startUp,
  notices,
  watcher,
  idleAgent,
  manyAgents,
];
