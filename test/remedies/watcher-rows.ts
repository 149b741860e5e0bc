import assert from 'node:assert/strict';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensureWatcherNodes } from '../../state/model/watcher.js';
import { keepReport } from '../../state/model/watcher-reports.js';
import type { Row } from './stage.js';

const report = {
  id: '20260101000000000-a1',
  at: '2026-01-01T00:00:00.000Z',
  ms: 5,
  environment: 'world',
  asked: 'a',
  found: 'f',
  did: 'd',
  outcome: 'done',
};

/** What is asked of the watcher that it does not know. */
export const watcherRows: readonly Row[] = [
  {
    code: 'report-not-found',
    by: 'the list of reports, as printed',
    run: async (stage) => {
      const { coordinator } = stage.world;
      await ensureWatcherNodes(coordinator);
      await keepReport({ coordinator }, report);
      const said = await stage.fails('ensemble watcher report 2025', /keeps no report 2025/);
      assert.match(await stage.follow(said, /ensemble watcher reports/), /20260101000000000-a1/);
      await stage.ok('ensemble watcher report 20260101000000000-a1');
    },
  },
  {
    code: 'delivery-not-found',
    by: 'the list of what is in line, as printed',
    run: async (stage) => {
      const { coordinator } = stage.world;
      await ensureWatcherNodes(coordinator);
      const announcement = { id: 'a1b2', environment: 'world', service: 'f' };
      const standing = { sink: 'chat', queuedAt: report.at, announcement, state: 'dead', tries: 9 };
      await coordinator.create(paths.watcherDelivery('a1b2-chat'), nodeValue(standing));
      const said = await stage.fails('ensemble watcher retry b', /has given up no announcement b/);
      assert.match(await stage.follow(said, /ensemble watcher deliveries/), /chat +given up +9 +f +a1b2/);
      await stage.ok('ensemble watcher retry a1');
    },
  },
];
