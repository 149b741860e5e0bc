import assert from 'node:assert/strict';
import { runInOne, type UnitRun } from '../../../control/run/run-in-one.js';
import { tellRuns } from '../../../cli/observing/tell-run.js';
import type { Output } from '../../../cli/output/output.js';
import { paths } from '../../../state/model/paths.js';
import { removeUnit } from '../../../state/model/removal.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';
import { addMachine, addService, now, requester, useTree } from '../../state/model/tree.js';

describe('a command in one unit of several', () => {
  const tree = useTree();
  let clock: ManualClock;
  let said: string[];
  let isAsked: boolean;
  beforeEach(async () => {
    clock = new ManualClock();
    said = [];
    isAsked = false;
    await addMachine(tree.one, 'm0', false);
    await addService(tree.one, 'web');
    await addUnits(tree.one, 'web', 1, now);
  });

  const up = (): Promise<void> =>
    tree.one.create(paths.agent('m0'), JSON.stringify({ pid: 1, version: '1', since: now }), {
      ephemeral: true,
    });
  const screen = { isTerminal: false, columns: 80, rows: 24, hasColors: false, write: () => undefined };
  const note = (text: string): void => void said.push(text);
  const output: Output = {
    data: note,
    notice: note,
    warn: note,
    carry: () => undefined,
    carried: (text) => text,
    flushed: async () => undefined,
    stdout: screen,
    stderr: screen,
  };

  function run(interrupt = new AbortController().signal, coordinator = tree.two): Promise<UnitRun> {
    const session = {
      environment: { name: 'test', state: 'embedded:x', storage: 'file:x' },
      coordinator,
      storage: () => Promise.reject(new Error('none is asked for')),
    };
    const asked = (): void => {
      isAsked = true;
    };
    const request = { command: ['true'], by: requester, interrupt, asked };
    return runInOne(session, 'web/0', request, tellRuns(output, false), clock);
  }

  /** The request is there, and whoever asked watches it. */
  const requested = (): Promise<void> => eventually(() => assert.ok(isAsked));

  it('waits for an agent that is away for less than 15 seconds, and no longer', async () => {
    await up();
    const running = run();
    await requested();
    let isUp: boolean | undefined;
    // Of the same client: what it is told of, the command was told of.
    const observation = tree.two.observe(paths.agent('m0'), (node) => {
      isUp = node !== undefined;
    });
    await tree.one.remove(paths.agent('m0'));
    await eventually(() => assert.match(said.join(), /web\/0: the agent on m0 went down/));
    clock.advance(14_999);
    await up();
    await eventually(() => assert.equal(isUp, true));
    observation.close();
    await tree.one.remove(paths.agent('m0'));
    await eventually(() => assert.equal(said.filter((text) => text.includes('went down')).length, 2));
    clock.advance(14_999);
    const isOver = await Promise.race([running.then(() => true), Promise.resolve(false)]);
    assert.equal(isOver, false);
    clock.advance(1);
    const { outcome, reason } = await running;
    assert.deepEqual([outcome, reason], ['unreachable', 'the agent of machine m0 went down']);
    assert.match(said.at(-1) ?? '', /^web\/0: taken back; it had not begun$/);
    const names = (await tree.one.children(paths.unit('web/0'))) ?? [];
    assert.deepEqual(
      names.filter((name) => name.startsWith('run-')),
      [],
      'while the session goes on, as it does for the other units',
    );
  });

  it('is over when its unit is removed', async () => {
    await up();
    const running = run();
    await requested();
    // What removes a unit removes such requests with it.
    await removeUnit(tree.one, 'web/0');
    assert.equal((await running).outcome, 'removed');
    assert.equal((await run()).outcome, 'removed', 'also before it is asked');
  });

  it('is not asked where its agent is away from the beginning, or after Ctrl-C', async () => {
    const { outcome, reason } = await run();
    assert.deepEqual([outcome, reason], ['unreachable', 'the agent of web/0 on machine m0 is down']);
    assert.equal((await run(AbortSignal.abort())).outcome, 'not-asked');
  });

  it('has begun once it was said, also where its request comes back as it was asked', async () => {
    await up();
    const interrupt = new AbortController();
    const running = run(interrupt.signal);
    await requested();
    const names = (await tree.one.children(paths.unit('web/0'))) ?? [];
    const path = `${paths.unit('web/0')}/${names.find((name) => name.startsWith('run-')) ?? ''}`;
    const asked = (await tree.one.get(path))?.value ?? '';
    let seen = '';
    // Of the same client: what it is told of, the command was told of.
    const observation = tree.two.observe(path, (node) => {
      seen = node?.value ?? '';
    });
    const begun = JSON.stringify({ ...JSON.parse(asked), begunAt: now, begunBy: 'an agent' });
    for (const value of [begun, asked]) {
      await tree.one.set(path, value);
      await eventually(() => assert.equal(seen, value));
    }
    observation.close();
    interrupt.abort();
    assert.equal((await running).outcome, 'interrupted');
    assert.match(
      said.at(-1) ?? '',
      /^web\/0: it goes on, and what it prints is lost; .*ensemble abort web\/0$/,
    );
  });

  it('is said to be possibly on its way, where nobody answers who takes it back', async () => {
    await up();
    let isMute = false;
    const mute = new Proxy(tree.two, {
      get(target, name) {
        if (isMute && name === 'get') return () => new Promise(() => undefined);
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const interrupt = new AbortController();
    const running = run(interrupt.signal, mute);
    await requested();
    isMute = true;
    interrupt.abort();
    clock.advance(2_000);
    assert.equal((await running).outcome, 'interrupted');
    assert.match(
      said.at(-1) ?? '',
      /^web\/0: it is not known whether it begins yet; see: ensemble history web\/0$/,
    );
  });
});
