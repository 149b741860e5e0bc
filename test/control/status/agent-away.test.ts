import assert from 'node:assert/strict';
import { FakeAgent } from '../../cli/fake-agent.js';
import { useSandbox } from '../../cli/sandbox.js';

describe('an upgrade of a unit whose agent is away', () => {
  const world = useSandbox();

  it('waits for that, since it was asked for, whatever the agent said last', async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
    const agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
    await agent.start('guestbook/0', 'principia:guestbook-1');
    await world.box.formula('guestbook', 2);
    await world.box.ok('upgrade-formula', '--no-wait', 'guestbook');
    const blockers = async () => {
      const { stdout } = await world.box.ok('status', '--format', 'json');
      return JSON.parse(stdout).services.guestbook.units['guestbook/0'].upgrade.blockers;
    };
    assert.equal(await blockers(), undefined);
    await agent.down();
    const { flag } = await agent.unit('guestbook/0');
    assert.deepEqual(await blockers(), [
      {
        kind: 'agent',
        who: 'm0',
        reason: 'the agent of m0 is away',
        since: flag?.requestedAt,
        ends: 'it goes on by itself when the agent of m0 is back',
      },
    ]);
  });
});
