import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '../contract/step.js';
import { storeItems } from './stores.js';

/** Brings a home of release 0.1.0, which had no marker, to v2. */
export const homeToV2: Step = {
  to: 2,
  items: ({ directory }) =>
    readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(directory, entry.name, 'state', 'data.mdb')))
      .flatMap(({ name }) => storeItems(directory, join(name, 'state'))),
};
