import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Processes, searchLeftRunning, togetherFinding } from '../../../hooks/process/left-running.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';

const searched = (unit: string) => ({
  entry: `ENSEMBLE_DATA_DIR=/units/${unit}/data`,
  root: `/units/${unit}`,
});

/** As the kernel words it, of a process that sleeps. */
function statOf(pid: number, session: number): string {
  const own = readFileSync('/proc/self/stat', 'utf8');
  const [, rest = ''] = /\) (.*)$/s.exec(own) ?? [];
  const fields = rest.trim().split(' ');
  return `${pid} (it) S ${fields[1]} ${session} ${session} ${fields.slice(4).join(' ')}`;
}

/** Processes 10 to 14: two of f-0's session, one of f-1, one that works in f-1's directory, and one of nobody. */
function processes(hang?: number): Processes & { lists: number } {
  const environ: Record<number, string> = { 10: 'f-0', 12: 'f-1' };
  const sessions: Record<number, number> = { 11: 10 };
  return {
    lists: 0,
    async list() {
      this.lists += 1;
      return [10, 11, 12, 13, 14];
    },
    read(pid, file) {
      if (file === 'environ' && pid === hang) return new Promise(() => undefined);
      const unit = environ[pid];
      if (file === 'stat') return Promise.resolve(statOf(pid, sessions[pid] ?? pid));
      if (file === 'environ')
        return Promise.resolve(unit === undefined ? '' : `A=1\0${searched(unit).entry}\0B=2`);
      return Promise.resolve(file === 'cmdline' ? `/bin/p${pid}\0` : '');
    },
    cwd: (pid) => Promise.resolve(pid === 13 ? '/units/f-1/data' : '/units/f-10'),
  };
}

describe('processes that units leave running', () => {
  it('are found for all units that ask in one turn with one look at all processes', async () => {
    const seen = processes();
    const find = togetherFinding(seen);
    const found = await Promise.all(['f-0', 'f-1', 'f-2'].map((unit) => find(searched(unit))));
    assert.deepEqual(
      found.map((left) => left.map(({ pid, command }) => `${pid} ${command}`)),
      [['10 p10', '11 p11'], ['12 p12', '13 p13'], []],
    );
    assert.equal(seen.lists, 1);
    assert.equal((await find(searched('f-1'))).length, 2);
    assert.equal(seen.lists, 2);
  });

  it('are found although one process stands still in the kernel', async () => {
    const clock = new ManualClock();
    let found: readonly (readonly { readonly pid: number }[])[] | undefined;
    void searchLeftRunning([searched('f-0'), searched('f-1')], processes(10), clock).then((left) => {
      found = left;
    });
    await eventually(() => {
      clock.advance(1_000);
      assert.ok(found);
    });
    assert.deepEqual(
      found?.map((left) => left.map(({ pid }) => pid)),
      [[], [12, 13]],
    );
  });
});
