import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { startHeartbeat } from '../../../../state/coordination/zookeeper/heartbeat.js';
import { ManualClock } from '../../../manual-clock.js';

/** Lets time pass in which no timer ran, as when the process was held up. */
class HeldUpClock extends ManualClock {
  heldUp = 0;

  constructor() {
    super(0);
  }

  override monotonic(): number {
    return super.monotonic() + this.heldUp;
  }
}

describe('the heartbeat of a session of 3 s', () => {
  let clock: HeldUpClock;
  let pulse: { heardAt: number; sentAt: number; ping(): void };
  let pings: number[];
  let mute: number[];
  let stop: () => void;
  beforeEach(() => {
    clock = new HeldUpClock();
    pings = [];
    mute = [];
    pulse = {
      heardAt: 0,
      sentAt: 0,
      ping: () => {
        pulse.sentAt = clock.monotonic();
        pings.push(pulse.sentAt);
      },
    };
    stop = startHeartbeat(clock, 3_000, pulse, () => mute.push(clock.monotonic()));
  });

  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await turn();
    }
  };

  it('pings after one second of silence and gives up after the second', async () => {
    await pass(900);
    assert.deepEqual(pings, []);
    await pass(9_000);
    assert.deepEqual([pings, mute], [[1_000], [2_000]]);
  });

  it('goes on for as long as pings are answered', async () => {
    for (let beat = 1; beat <= 20; beat++) {
      await pass(1_000);
      assert.equal(pings.length, beat);
      pulse.heardAt = clock.monotonic();
    }
    assert.deepEqual(mute, []);
    await pass(2_000);
    assert.equal(mute.length, 1);
  });

  it('pings while much is heard and nothing sent, since the server counts what is sent', async () => {
    for (let step = 0; step < 50; step++) {
      await pass(100);
      pulse.heardAt = clock.monotonic();
    }
    assert.deepEqual([pings, mute], [[1_000, 2_000, 3_000, 4_000, 5_000], []]);
  });

  it('does not ping while requests are sent and answered', async () => {
    for (let step = 0; step < 50; step++) {
      await pass(100);
      pulse.heardAt = pulse.sentAt = clock.monotonic();
    }
    assert.deepEqual(pings, []);
  });

  it('asks before it gives up when the process was held up', async () => {
    clock.heldUp = 20_000;
    await pass(1_000);
    assert.deepEqual([pings, mute], [[21_000], []]);
  });

  it('reads what lies in the socket before it gives up', async () => {
    await pass(1_000);
    clock.heldUp = 20_000;
    clock.advance(1_000);
    pulse.heardAt = clock.monotonic();
    await turn();
    assert.deepEqual(mute, []);
  });

  it('stops', async () => {
    stop();
    await pass(10_000);
    assert.deepEqual([pings, mute], [[], []]);
  });

  it('stops also between asking the socket and giving up', async () => {
    await pass(1_000);
    clock.advance(1_000);
    stop();
    await turn();
    assert.deepEqual(mute, []);
  });
});
