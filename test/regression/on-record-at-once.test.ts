import assert from 'node:assert/strict';
import { systemClock } from '../../state/platform/clock.js';
import { changesSince, lastChange } from '../../state/coordination/embedded/changes.js';
import { openStore } from '../../state/coordination/embedded/open-store.js';
import { readServiceHistory } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import { FakeAgent } from '../cli/fake-agent.js';
import { useSandbox } from '../cli/sandbox.js';

const one = 'principia:web-1';
const two = 'principia:web-2';

describe('what an operator asks', () => {
  const world = useSandbox();
  const web = paths.service('web');
  const flag = paths.upgrade('web/0');

  /** The paths of each transaction that a command made, in their order. */
  async function transactionsOf(...command: readonly string[]): Promise<readonly (readonly string[])[]> {
    const directory = `${world.box.home}/local/state`;
    const store = await openStore({
      url: `embedded:${directory}`,
      directory,
      clock: systemClock,
      requestTimeout: 10_000,
    });
    try {
      const before = lastChange(store.newest());
      await world.box.ok(...command);
      return (changesSince(store.newest(), before) ?? []).map(([nodes]) => nodes);
    } finally {
      await store.leave();
    }
  }

  /** That a command that ended after the transaction which changed `path` first would have been on record. */
  async function onRecordWith(path: string, ...command: readonly string[]): Promise<void> {
    const all = await transactionsOf(...command);
    const asking = all.find((changed) => changed.includes(path));
    assert.ok(asking?.includes(paths.serviceHistory('web')), `${command.join(' ')}: ${JSON.stringify(all)}`);
  }

  it('is on record in the transaction that asks it, and once', async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('web', 1);
    const agent = await (await new FakeAgent(await box.coordinator()).register()).up();
    await onRecordWith(web, 'deploy', '--no-wait', '--repository', 'principia', 'web');
    await onRecordWith(paths.unit('web/1'), 'add-unit', '--no-wait', 'web');
    for (const unit of ['web/0', 'web/1']) await agent.start(unit, one);
    await box.formula('web', 2);
    await onRecordWith(web, 'upgrade-formula', '--no-wait', '--unit', 'web/0', 'web');
    await agent.upgrade('web/0', two);
    // The service is set to it already: the rollout is all that is left to ask for.
    await onRecordWith(paths.rollout('web'), 'upgrade-formula', '--no-wait', 'web');
    await agent.failUpgrade('web/1', two, 'no room');
    await onRecordWith(paths.resolved('web/1'), 'resolved', '--retry', 'web/1');
    await agent.upgrade('web/1', two);
    const failed = { step: 'hook', from: one, to: two, since: new Date().toISOString() } as const;
    await agent.report('web/0', { state: 'upgrade-error', upgrade: failed });
    await onRecordWith(flag, 'revert-formula', '--no-wait', 'web/0');
    await onRecordWith(web, 'revert-formula', '--no-wait', 'web');
    await onRecordWith(paths.removal('web/0'), 'remove-unit', 'web/0', 'web/1');
    await onRecordWith(web, 'destroy-service', 'web');
    const told = await readServiceHistory(agent.coordinator, 'web');
    assert.deepEqual(
      told.map(({ what, unit, from, to, message }) => [what, unit, from, to, message]),
      [
        ['deploy', undefined, undefined, one, '1 unit'],
        ['add-unit', undefined, undefined, undefined, 'web/1'],
        ['upgrade', undefined, one, two, 'web/0'],
        ['upgrade', undefined, two, two, 'web/1'],
        ['resolved', 'web/1', undefined, undefined, 'retry'],
        ['revert', 'web/0', two, one, undefined],
        ['revert', undefined, two, one, undefined],
        ['remove-unit', undefined, undefined, undefined, 'web/0, web/1'],
        ['destroy-service', undefined, undefined, undefined, undefined],
      ],
    );
  });
});
