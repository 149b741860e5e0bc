import assert from 'node:assert/strict';
import { FakeAgent } from '../cli/fake-agent.js';
import { useSandbox } from '../cli/sandbox.js';

/** While a unit's agent was away, `status` said nothing of what waited for it: who asked thought that it was done. */
describe('a request that nobody took up', () => {
  const world = useSandbox();
  let agent: FakeAgent;
  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('web', 1, { metadata: 'peers: {ring: http}\n' });
    agent = await (await new FakeAgent(await box.coordinator()).register()).up();
    await box.ok('deploy', '--no-wait', '-n', '2', '--repository', 'principia', 'web');
    for (const unit of ['web/0', 'web/1']) await agent.start(unit, 'principia:web-1');
  });

  type Asked = readonly { readonly what: string; readonly relation?: string; readonly by: string }[];
  const asked = async (): Promise<Record<string, Asked | undefined>> => {
    const { services } = JSON.parse((await world.box.ok('status', '--format', 'json')).stdout);
    return Object.fromEntries(
      Object.entries(services.web.units as Record<string, { readonly asked?: Asked }>).map(([name, unit]) => [
        name,
        unit.asked,
      ]),
    );
  };

  const failing = { state: 'start-error', message: 'no' } as const;
  const hanging = {
    state: 'started',
    hook: { name: 'config-changed', since: '2026-01-01T00:00:00Z', pid: 4711, attempt: 1 },
  } as const;
  const inError = {
    state: 'started' as const,
    relations: { 'ring:0': { state: 'error' as const, services: ['web'], message: 'no' } },
  };
  const rows = [
    { status: failing, command: ['resolved', '--retry', 'web/0'], what: 'resolved --retry' },
    { status: failing, command: ['resolved', 'web/0'], what: 'resolved' },
    { status: inError, command: ['resolved', 'web/0', 'ring:0'], what: 'resolved', relation: 'ring:0' },
    { status: hanging, command: ['abort', 'web/0'], what: 'abort' },
    { status: { state: 'started' as const }, command: ['remove-unit', 'web/0'], what: 'remove-unit' },
  ] as const;
  for (const { status, command, what, ...more } of rows)
    it(`is named by status: ${command.join(' ')}`, async () => {
      const { box } = world;
      await agent.report('web/0', status);
      await box.ok(...command);
      assert.deepEqual(await asked(), { 'web/0': undefined, 'web/1': undefined }, 'its agent is there');

      await agent.down();
      const { 'web/0': [request, ...others] = [], 'web/1': none } = await asked();
      assert.deepEqual(
        [request?.what, request?.relation],
        [what, 'relation' in more ? more.relation : undefined],
      );
      assert.match(request?.by ?? '', /@/);
      assert.deepEqual([others, none], [[], undefined]);
      const { stdout } = await box.ok('status');
      const of = 'relation' in more ? ' of relation ring:0' : '';
      assert.match(
        stdout,
        new RegExp(
          `^web/0: ${what}${of} was asked at \\S+ \\S+ by \\S+@\\S+\\n {4}it waits for the agent of m0$`,
          'm',
        ),
      );
    });

  it('is told once of all units of which one command asked it, and is named of a revert too', async () => {
    const { box } = world;
    await box.formula('web', 2);
    await box.ok('upgrade-formula', '--no-wait', '--strategy', 'all', 'web');
    await agent.down();
    assert.deepEqual(
      Object.values(await asked()).map((requests) => requests?.map(({ what }) => what)),
      [['upgrade-formula'], ['upgrade-formula']],
    );
    await agent.up();
    for (const unit of ['web/0', 'web/1']) await agent.upgrade(unit, 'principia:web-2');
    await agent.down();
    await box.run('revert-formula', '--no-wait', 'web');
    const { stdout } = await box.ok('status');
    assert.match(
      stdout,
      /^web\/0, web\/1: revert-formula was asked at .* by .*\n {4}it waits for the agent of m0$/m,
    );
  });
});
