import assert from 'node:assert/strict';
import { systemClock } from '../../../state/platform/clock.js';
import { pollLimits } from '../../../watcher/polling/poll.js';
import { Poller } from '../../../watcher/polling/poller.js';
import { eventually } from '../../eventually.js';
import { Receiver } from '../sinks/receiver.js';

describe('a repository that is being asked', () => {
  let server: Receiver;
  let poller: Poller;
  beforeEach(async () => {
    server = await Receiver.start();
    poller = new Poller({ clock: systemClock, random: Math.random, period: 60_000, limits: pollLimits });
  });
  afterEach(async () => {
    poller.close();
    await server.down();
  });

  it('is asked once more where somebody asks for it meanwhile, and not where a pass does', async () => {
    const release: (() => void)[] = [];
    server.answer = (answer) => {
      release.push(() => answer.end(JSON.stringify({ schema: 1, serial: 1, formulas: {} })));
    };
    const location = `${server.url}/`;
    const watched = { place: 'index:it', location };
    const first = poller.ask(watched);
    await eventually(() => assert.equal(release.length, 1));
    assert.equal(await poller.ask(watched), undefined);
    const triggered = poller.ask(watched, true);
    assert.equal(server.received.length, 1);
    release[0]?.();
    assert.equal((await first)?.outcome, 'ok');
    await eventually(() => assert.equal(release.length, 2));
    release[1]?.();
    assert.equal((await triggered)?.outcome, 'ok');
    assert.equal(poller.polls, 2);
  });
});
