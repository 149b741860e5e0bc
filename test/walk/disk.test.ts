import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { Walk } from './walk.js';

const two = ['f/0', 'f/1'];
const run = (program: string, ...words: readonly string[]): unknown =>
  execFileSync(program, words, { stdio: 'ignore' });

describe('out of the trouble with a full disk, by what is printed', () => {
  it('where an upgrade finds no room, until there is room', async function () {
    // Only root can mount a small disk.
    if (process.getuid?.() !== 0) this.skip();
    const walk = await Walk.open();
    const machine = walk.world.path('machines', 'm0');
    const kept = walk.world.path('kept');
    await mkdir(machine, { recursive: true });
    run('mount', '-t', 'tmpfs', '-o', 'size=6m,mode=700', 'tmpfs', machine);
    const agent = await walk.world.agentProcess();
    try {
      await walk.running(two.length);
      await walk.formula(2, { files: { ballast: randomText(500_000) } });
      run('sh', '-c', `cat /dev/zero >'${machine}/filler' 2>/dev/null || true`);
      await walk.begins('ensemble upgrade-formula f');
      await walk.sees(/started, fetching +\//);
      await walk.pressesCtrlC();
      await walk.ends(130);
      await walk.follows(/ensemble status f/);
      await walk.sees(/the disk is\s+full\s+next: make room/);
      await rm(`${machine}/filler`);
      await walk.untilFine(two, 'world:f-2');
    } finally {
      await agent.kill();
      run('cp', '-a', machine, kept);
      run('umount', '-l', machine);
      await rm(machine, { recursive: true });
      await rename(kept, machine);
      await walk.close();
    }
  });
});

/** Text that does not shrink when it is packed. */
function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(Math.random() * 94))).join('');
}
