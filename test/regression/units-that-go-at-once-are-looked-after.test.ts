import assert from 'node:assert/strict';
import { addUnits } from '../../control/deploy/add-units.js';
import { RolloutUnits } from '../../control/rollout/watch-rollout-units.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { addMachine, addService, now, useTree } from '../state/model/tree.js';

/** More than are watched. */
const UNITS = 100;

/** Of many units that went at once, those that ended last were read two seconds later: nobody watched them. */
describe('units that go at once, of which some are not watched', () => {
  const tree = useTree();
  const { cpuUsage } = process;
  // The longer a reading kept the processor, the longer nothing is read after it: here it costs nothing.
  before(() => {
    process.cpuUsage = () => ({ user: 0, system: 0 });
  });
  after(() => {
    process.cpuUsage = cpuUsage;
  });

  it('are known to be there a quarter of a second later, and not two', async () => {
    await addMachine(tree.one, 'm0');
    await addService(tree.one, 'web');
    const names = await addUnits(tree.one, 'web', UNITS, now);
    const [last = ''] = names.slice(-1);
    const upgrade = { step: 'hook', from: 'p:web-1', to: 'p:web-2', since: now };
    const status = { state: 'upgrading', since: now, message: '', upgrade };
    await tree.one.transaction(
      names.map((name) => ({ kind: 'set', path: paths.status(name), value: nodeValue(status) })),
    );

    const clock = new ManualClock();
    const observed: string[] = [];
    const watching = new Proxy(tree.two, {
      get(target, name) {
        if (name === 'observe')
          return (...args: Parameters<typeof target.observe>) => {
            observed.push(args[0]);
            return target.observe(...args);
          };
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const seen: (string | undefined)[] = [];
    const units = new RolloutUnits(
      { coordinator: watching, clock },
      names,
      (watched) => {
        seen.push(watched.units.get(last)?.status.state);
        units.attend({ near: names, isAtRest: false });
      },
      (error) => assert.fail(String(error)),
    );
    /** Lets a moment pass, once what was read is told and the next is waited for. */
    const pass = async (): Promise<void> => {
      await clock.untilDue(2_000);
      clock.advance(25);
    };
    try {
      await eventually(() => assert.ok(seen.length > 0));
      // Until what the watches tell at first is read.
      for (let moment = 0; moment < 100; moment += 1) await pass();
      assert.equal(seen.at(-1), 'upgrading');
      assert.ok(!observed.includes(paths.status(last)), 'nobody watches it');
      await tree.one.set(paths.status(last), nodeValue({ state: 'started', since: now, message: '' }));
      const ended = clock.monotonic();
      while (seen.at(-1) !== 'started') await pass();
      const late = clock.monotonic() - ended;
      // A quarter of a second, and how long nothing is read after a reading.
      assert.ok(late <= 350, `it is known ${late} ms later`);
    } finally {
      units.end();
    }
  });
});
