import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '../contract/step.js';
import { claimItem } from './claim.js';
import { runItems } from './runs.js';
import { sessionItem } from './session.js';
import { storeItems } from './stores.js';

/** Brings a data directory of release 0.1.0, and of those before v2, to v2. */
export const dataToV2: Step = {
  to: 2,
  items: (subject) => [
    ...runItems(subject),
    sessionItem(subject),
    claimItem(subject),
    ...(existsSync(join(subject.directory, 'journal')) ? storeItems(subject.directory, 'journal') : []),
  ],
};
