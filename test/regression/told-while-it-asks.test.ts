import assert from 'node:assert/strict';
import { RetryWait, type WaitHost } from '../../agent/hook-runs/await-retry.js';
import { newRecord } from '../../agent/journal/record.js';
import { noIntent } from '../../agent/unit/intent.js';
import { systemClock, type Timer } from '../../state/platform/clock.js';
import { noRequests, type UnitRequests } from '../../state/model/requests.js';

/** A hook's next try is in an hour, and a test does not wait for it. */
const retry = {
  hook: 'start',
  failure: 'it failed',
  since: new Date().toISOString(),
  until: new Date(Date.now() + 3_600_000).toISOString(),
  attempt: 1,
};

describe('what is told while a wait asks whether to go on', () => {
  let timers: Timer[];
  let requests: UnitRequests;
  let asking: () => Promise<boolean>;
  const host = (): WaitHost => ({
    name: 'f/0',
    parts: {
      clock: {
        ...systemClock,
        after: (ms, callback) => {
          const timer = systemClock.after(ms, callback);
          timers.push(timer);
          return timer;
        },
      },
    },
    record: () => newRecord('f/0', 'f', retry.since),
    requests: () => requests,
    intent: () => noIntent,
    presentConfig: () => ({ version: undefined, digest: undefined }),
    takeAbort: () => false,
    note: () => undefined,
    runDueCommand: () => asking(),
  });
  beforeEach(() => {
    timers = [];
    requests = noRequests;
  });
  afterEach(() => {
    for (const timer of timers) timer.cancel();
  });

  it('is heard by a hook that waits for its next try', async () => {
    const wait = new RetryWait(host());
    asking = async () => {
      const by = { requestedAt: retry.since, by: 'o@h' };
      requests = { ...noRequests, resolved: { value: { ...by, id: 'x', retry: false }, version: 0 } };
      wait.look();
      return false;
    };
    assert.equal(await wait.wait(retry, 3_600_000), 'done');
  });

  it('leaves no timer behind where it is that the agent stops', async () => {
    const wait = new RetryWait(host());
    const asked = new Promise<void>((resolve) => {
      asking = async () => {
        wait.close();
        setImmediate(resolve);
        return false;
      };
    });
    void wait.wait(retry, 3_600_000);
    await asked;
    assert.equal(timers.length, 0);
  });
});
