import assert from 'node:assert/strict';
import { findProcess } from '../../state/platform/process-stat.js';
import { paths } from '../../state/model/paths.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** Says who runs, and whether the one before still does. */
const NOTE = `before=$(tail -n 1 "$TRACE/pids" 2>/dev/null)
if [ -n "$before" ] && kill -0 "$before" 2>/dev/null; then echo "$before" >>"$TRACE/overlap"; fi
echo $$ >>"$TRACE/pids"
`;

describe('the hooks of an agent whose machine is taken over', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** A unit whose install hook does `body` at the first agent, and ends at once at another one. @returns its pid */
  async function installing(body: string): Promise<number> {
    const first = `if [ ! -e "$TRACE/taken" ]; then : >"$TRACE/taken"; ${body}; fi`;
    await world.deploy(await world.publish(1, { hooks: { install: NOTE + first } }));
    return Number(await eventually(() => world.text('pids')));
  }

  const takeOver = () => world.agent({ dataDirectory: world.path('other'), takeOver: true });

  it('have ended before the other one runs any, though they ignore SIGTERM', async () => {
    const first = await world.agent({ hookKillDelay: 1_500 });
    await installing("trap '' TERM; gate never");
    await takeOver();
    await world.until('started');
    await assert.rejects(world.text('overlap'), { code: 'ENOENT' });
    await first.lost;
  });

  it('have ended where it left the unit alone, as the state had lost that', async () => {
    const first = await world.agent();
    const pid = await installing('gate never');
    await world.coordinator.remove(paths.machineUnit('m0', 'f/0'));
    await eventually(() =>
      assert.ok(world.log.some(({ message }) => message.includes('left as it is on disk'))),
    );
    assert.ok(findProcess(pid));
    await takeOver();
    assert.equal(findProcess(pid), undefined);
    await first.lost;
  });

  it('have ended when it is stopped meanwhile, however often that is asked for', async () => {
    const first = await world.agent({ hookKillDelay: 1_500 });
    const pid = await installing("trap '' TERM; gate never");
    const taken = takeOver();
    await eventually(() =>
      assert.ok(world.log.some(({ message }) => message.includes('is being taken over'))),
    );
    await Promise.all(
      [first.stop(), first.stop()].map(async (stopped) => {
        await stopped;
        assert.equal(findProcess(pid), undefined);
      }),
    );
    await taken;
  });

  it('have ended before its process does, whatever signals that gets, and it exits as one that lost', async () => {
    const first = await world.agentProcess();
    const pid = await installing("trap 'gate end; exit 1' TERM; gate never");
    const taken = takeOver();
    await first.logged('is being taken over');
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT'] as const) {
      process.kill(first.pid, signal);
      await first.logged(`${signal}: stopping`);
    }
    assert.ok(findProcess(pid));
    await world.openGate('end');
    assert.equal(await first.ended(), 1);
    assert.equal(findProcess(pid), undefined);
    assert.match(first.stderr(), /machine m0 is being taken over/);
    await taken;
  });
});
