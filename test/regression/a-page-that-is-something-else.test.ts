import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { damageBefore } from '../../state/platform/lmdb-damage.js';
import { seeded } from '../random.js';
import { useSandbox } from '../cli/sandbox.js';
import { World } from '../agent/world.js';

const PAGE = 4_096;

/** Puts something else in the place of a page. */
const DAMAGES = {
  zeros: () => Buffer.alloc(PAGE),
  garbage: (random: () => number) =>
    Buffer.from(Array.from({ length: PAGE }, () => Math.floor(random() * 256))),
} as const;

/**
 * A command on a state in which one page was zeros said “check that it runs”, with lines of lmdb's own on stderr, and
 * `bootstrap --mend` that the state is not damaged; one in which a page was garbage ended by a signal, without a word.
 */
describe('an embedded state in which a page is something else', () => {
  const world = useSandbox({ asProcesses: true });

  for (const [what, damage] of Object.entries(DAMAGES))
    it(`is said to be damaged, or works: a page of ${what}, wherever`, async () => {
      const { box } = world;
      await box.bootstrap();
      const coordinator = await box.coordinator();
      for (let index = 0; index < 60; index += 1)
        await coordinator.create(`/node-${index}`, 'x'.repeat(index % 10 === 0 ? 3 * PAGE : 300));
      await coordinator.close();
      const file = `${box.home}/local/state/data.mdb`;
      const whole = await readFile(file);
      assert.equal(damageBefore(file), undefined);
      const random = seeded(7);
      const found: number[] = [];
      for (let page = 2; page < whole.length / PAGE; page += 1) {
        const damaged = Buffer.from(whole);
        damage(random).copy(damaged, page * PAGE);
        await writeFile(file, damaged);
        if (damageBefore(file)?.isReadable === false) found.push(page);
      }
      const [first = 0] = found;
      const last = found.at(-1) ?? 0;
      assert.ok(first < last, `found in ${found.length} pages of ${whole.length / PAGE}`);
      for (const page of [first, last]) {
        const damaged = Buffer.from(whole);
        damage(random).copy(damaged, page * PAGE);
        await writeFile(file, damaged);
        await rm(`${box.home}/local/state/lock.mdb`, { force: true });
        for (const words of [['status'], ['bootstrap', '--mend']]) {
          const { code, stderr } = await box.run(...words);
          assert.equal(code, 1, `${words.join(' ')}: ${code} ${stderr}`);
          assert.match(
            stderr,
            new RegExp(
              `^ensemble: the coordinator \\S+ cannot be reached: its file is damaged: page ${page} is in use, and holds something else; nothing is written to it any more\\n  try: end the agent, and restore a backup of its directory\\n$`,
            ),
          );
        }
        assert.ok(damaged.equals(await readFile(file)), 'nothing was written');
      }
    });

  it('that was cut short names the backup', async () => {
    const { box } = world;
    await box.bootstrap();
    const file = `${box.home}/local/state/data.mdb`;
    await writeFile(file, (await readFile(file)).subarray(0, 5 * PAGE));
    const { stderr } = await box.run('status');
    assert.match(
      stderr,
      /its file was cut short.*\n {2}try: end the agent, and restore a backup of its directory/,
    );
  });
});

describe("an agent's journal in which a page is something else", () => {
  it('is said to be damaged', async () => {
    const world = await World.open();
    await world.publish(1);
    const first = await world.agentProcess();
    await world.deploy('world:f-1');
    await world.until('started');
    await first.kill();
    const file = join(world.path('machines', 'm0', 'journal'), 'data.mdb');
    const whole = await readFile(file);
    let page = whole.length / PAGE;
    do {
      page -= 1;
      const damaged = Buffer.from(whole);
      DAMAGES.zeros().copy(damaged, page * PAGE);
      await writeFile(file, damaged);
    } while (damageBefore(file)?.isReadable !== false);
    const agent = await world.agentProcess('m0', { up: false });
    assert.equal(await agent.ended(), 1);
    assert.match(agent.stderr(), new RegExp(`page ${page} is in use, and holds something else`));
    assert.doesNotMatch(agent.stderr(), /internal error/);
    await world.close();
  });
});
