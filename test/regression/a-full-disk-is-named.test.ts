import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensemble } from '../agent/operator.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const run = (program: string, ...words: readonly string[]): unknown =>
  execFileSync(program, words, { stdio: 'ignore' });

/**
 * A unit that was installed on a full disk said “ENOSPC: no space left on device, write” with no next command, put what
 * it had begun aside until somebody pruned it, and offered to remove its 0 bytes.
 */
describe('a full disk', () => {
  let world: World;
  let machine: string;
  let agent: AgentProcess | undefined;
  before(async function () {
    // Only root can mount a small disk.
    if (process.getuid?.() !== 0) this.skip();
    world = await World.open();
    machine = world.path('machines', 'm0');
    await mkdir(machine, { recursive: true });
    run('mount', '-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', machine);
  });
  after(async () => {
    if (world === undefined) return;
    const kept = world.path('kept');
    run('cp', '-a', machine, kept);
    run('umount', '-l', machine);
    await rm(machine, { recursive: true });
    await rename(kept, machine);
    await world.close();
  });

  afterEach(() => agent?.kill());

  const fill = (): unknown => run('sh', '-c', `cat /dev/zero >'${machine}/filler' 2>/dev/null || true`);

  it('is what a unit says that is installed there, with what makes room, and leaves nothing aside', async () => {
    await world.publish(1);
    agent = await world.agentProcess();
    fill();
    await world.deploy('world:f-1');
    const said = new Set<string>();
    await eventually(async () => {
      const { status } = await world.unit();
      if (status.message !== '') said.add(status.message);
      assert.match(JSON.stringify(agent?.lines()), /the disk is full/);
      assert.match(status.message, /the disk is full/);
    });
    const { stdout } = await ensemble(world, 'status');
    assert.match(stdout, new RegExp(`next: make room on the disk of ${machine}`));
    for (const message of said) {
      assert.match(message, /the disk is full; next: make room on the disk of /);
      assert.doesNotMatch(message, /ENOSPC|[0-9a-f]{8}-[0-9a-f]{4}-|kept of removed units/);
    }
    await rm(join(machine, 'filler'));
    await world.until('started');
    assert.deepEqual(await readdir(join(machine, 'removed')).catch(() => []), []);
    const { stdout: kept } = await ensemble(world, 'prune', '--removed', '--dry-run');
    assert.equal(kept, 'nothing is kept of removed units\n');
  });

  it('is what an agent says that cannot start there', async () => {
    fill();
    agent = await world.agentProcess('m0', { up: false });
    assert.equal(await agent.ended(), 1);
    assert.match(
      agent.stderr(),
      new RegExp(
        `^ensemble-agent: ${machine}\\S* cannot be used: the disk is full\\n {2}try: make room there`,
      ),
    );
    await rm(join(machine, 'filler'));
  });

  it('takes away no directory that has something of a unit in it', async () => {
    agent = await world.agentProcess();
    const aside = join(machine, 'units', 'f-1');
    await mkdir(join(aside, 'data'), { recursive: true });
    await writeFile(join(aside, 'data', 'precious'), 'x');
    await ensemble(world, 'add-unit', 'f');
    await world.until('started', 'f/1');
    const [kept = ''] = await readdir(join(machine, 'removed'));
    assert.deepEqual(await readdir(join(machine, 'removed', kept, 'data')), ['precious']);
  });
});
