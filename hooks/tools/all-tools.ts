import { configGet } from './config-get.js';
import { ensembleLog } from './ensemble-log.js';
import { closePort, openPort } from './ports.js';
import { relationGet } from './relation-get.js';
import { relationIds } from './relation-ids.js';
import { relationList } from './relation-list.js';
import { relationSet } from './relation-set.js';
import { statusSet } from './status-set.js';
import type { HookTool } from './tool.js';
import { unitGet } from './unit-get.js';
import { unitRelations } from './unit-relations.js';
import { upgradeGet } from './upgrade-get.js';
import { upgradeHold, upgradeProceed } from './upgrade-hold.js';

/** Every hook tool. A new one is a file of its own and a line here. */
export const hookTools: readonly HookTool[] = [
  relationGet,
  relationSet,
  relationList,
  relationIds,
  unitRelations,
  configGet,
  unitGet,
  openPort,
  closePort,
  ensembleLog,
  statusSet,
  upgradeGet,
  upgradeHold,
  upgradeProceed,
];
