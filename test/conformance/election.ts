import assert from 'node:assert/strict';
import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type Leadership, standForElection } from '../../state/coordination/election.js';
import { eventuallyTrue } from '../eventually.js';
import { suspend } from '../suspend.js';
import type { Bench } from './coordinator.js';
import { startWriter } from './writing.js';

/** One who stands for election, with all its leaderships. */
function stand(coordinator: Coordinator, name: string) {
  const led: Leadership[] = [];
  const { close } = standForElection(coordinator, '/election', {
    name,
    lead: (leadership) => led.push(leadership),
    failed: (error) => assert.fail(error),
    clock: systemClock,
    random: Math.random,
  });
  return {
    led,
    close,
    get leads(): boolean {
      return led.at(-1)?.over.aborted === false;
    },
  };
}

/** Who leads, by the one primitive that both engines have for it. */
export function election(bench: Bench): void {
  describe('an election', () => {
    it('has one leader of many at a time; each one that steps down is followed by another, in a later term', async () => {
      const candidates = await Promise.all(
        ['a', 'b', 'c'].map(async (name) => stand(await bench.open(), name)),
      );
      let left = candidates;
      const terms: (number | undefined)[] = [];
      while (left.length > 0) {
        await eventuallyTrue('one leads', () => left.some((each) => each.leads));
        const leaders = left.filter((each) => each.leads);
        assert.equal(leaders.length, 1);
        terms.push(leaders[0]?.led.at(-1)?.term);
        await leaders[0]?.close();
        assert.equal(leaders[0]?.leads, false);
        left = left.filter((each) => !leaders.includes(each));
      }
      assert.deepEqual(terms, [1, 2, 3]);
      assert.equal(await (await bench.open()).get('/election/leader'), undefined);
    });

    it('is over at once for one whose session is over; what it still writes is refused once another leads', async () => {
      const [one, two] = [await bench.open(), await bench.open()];
      await two.create('/plan', '');
      const first = stand(one, 'first');
      await eventuallyTrue('the first leads', () => first.leads);
      const second = stand(two, 'second');
      await bench.tree.expire(one);
      await eventuallyTrue('the first hears of it', () => !first.leads);
      await eventuallyTrue('the second leads', () => second.leads);
      const [old] = first.led;
      const [current] = second.led;
      assert.ok(old && current && current.term > old.term);
      const plan = { kind: 'set', path: '/plan', value: 'old' } as const;
      await assert.rejects(one.transaction([old.guard, plan]), {
        code: 'version-conflict',
        path: '/election',
      });
      await two.transaction([current.guard, { ...plan, value: 'current' }]);
      assert.equal((await one.get('/plan'))?.value, 'current');
      assert.equal(first.led.length, 1, 'it does not come back into its place');
      await Promise.all([first.close(), second.close()]);
    });

    it('passes over a process that stands still, whose late write is refused', async () => {
      const client = await bench.open();
      await client.create('/plan', 'before');
      const leader = await startWriter(bench, { do: 'lead', path: '/election', plan: '/plan' });
      await suspend(leader.pid, bench.tree.url.replace('embedded:', ''));
      const second = stand(client, 'second');
      await eventuallyTrue('the second leads', () => second.leads, 30_000);
      leader.begin();
      leader.kill('SIGCONT');
      assert.equal(await leader.ended, 0, 'its write was refused');
      assert.equal((await client.get('/plan'))?.value, 'before');
      assert.ok(second.leads);
      await second.close();
    });

    it('goes on with the one that led before its process was restarted with its session', async () => {
      const first = await bench.open();
      const one = stand(first, 'same');
      await eventuallyTrue('it leads', () => one.leads);
      const session = first.savedSession();
      await first.close({ keepSession: true });
      const other = stand(await bench.open(), 'other');
      const again = stand(await bench.open({ session }), 'same');
      await eventuallyTrue('it leads again', () => again.leads);
      assert.equal(other.led.length, 0);
      assert.ok((again.led[0]?.term ?? 0) > (one.led[0]?.term ?? 0));
      await Promise.all([other.close(), again.close()]);
      await one.close();
    });
  });
}
