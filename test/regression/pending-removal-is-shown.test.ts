import assert from 'node:assert/strict';
import { FakeAgent } from '../cli/fake-agent.js';
import { useSandbox } from '../cli/sandbox.js';

describe('a removal that is pending', () => {
  const world = useSandbox();
  let agent: FakeAgent;
  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('web', 1, { metadata: 'provides: {site: http}\n' });
    await box.formula('mon', 1, {
      metadata: 'subordinate: true\nrequires: {watched: {interface: http, scope: container}}\n',
    });
    agent = await (await new FakeAgent(await box.coordinator()).register()).up();
    for (const formula of ['web', 'mon'])
      await box.ok('deploy', '--no-wait', '--repository', 'principia', formula);
    await box.ok('add-relation', 'mon:watched', 'web:site');
    for (const unit of ['web/0', 'mon/0'])
      await agent.start(unit, unit === 'web/0' ? 'principia:web-1' : 'principia:mon-1');
  });

  const removing = async (): Promise<Record<string, unknown>> => {
    const { services } = JSON.parse((await world.box.ok('status', '--format', 'json')).stdout);
    return Object.fromEntries(
      Object.values(services as Record<string, { units: Record<string, { removing?: boolean }> }>)
        .flatMap(({ units }) => Object.entries(units))
        .map(([name, unit]) => [name, unit.removing]),
    );
  };

  const rows = [
    { what: 'of a unit, and of the subordinate beside it', command: ['remove-unit', 'web/0'], asked: true },
    {
      what: 'of a whole service, and of what is beside its units',
      command: ['destroy-service', 'web'],
      asked: true,
    },
    {
      what: 'of a subordinate alone, whose relation goes',
      command: ['remove-relation', 'mon', 'web'],
      asked: undefined,
    },
  ] as const;
  for (const isUp of [true, false])
    for (const { what, command, asked } of rows)
      it(`${what}, is shown in status, where the agent is ${isUp ? 'up' : 'away'}`, async () => {
        if (!isUp) await agent.down();
        await world.box.ok(...command);
        assert.deepEqual(await removing(), { 'web/0': asked, 'mon/0': true });
        const { stdout } = await world.box.ok('status');
        assert.match(stdout, /^ {2}mon\/0 +started, to be removed +/m);
        if (asked) assert.match(stdout, /^web\/0 +started, to be removed +/m);
        // Why it does not go.
        if (!isUp) assert.match(stdout, /m0: no agent is running/);
      });
});
