import assert from 'node:assert/strict';
import { Rotation } from '../../../../state/coordination/zookeeper/rotation.js';

const servers = ['a', 'b', 'c'].map((host) => ({ host, port: 2181 }));

describe('the rotation through servers', () => {
  it('tries each server once before any waits, then each again after growing waits', () => {
    const rotation = new Rotation(servers, () => 0.5);
    const turns = Array.from({ length: 12 }, () => rotation.turn(9_000));
    assert.equal(
      turns
        .slice(0, 6)
        .map(({ server }) => server.host)
        .join(''),
      'abcabc',
    );
    assert.deepEqual(
      turns.map(({ delay }) => delay),
      [0, 0, 0, 50, 0, 0, 100, 0, 0, 200, 0, 0],
    );
  });

  it('never waits longer than a third of the session', () => {
    const rotation = new Rotation(servers.slice(1), () => 0.999);
    for (let turn = 0; turn < 100; turn++) assert.ok(rotation.turn(3_000).delay < 1_000);
  });

  it('gives the first round a third of the session, and more only where servers were too slow', () => {
    const rotation = new Rotation(servers, () => 0);
    for (let turn = 0; turn < 9; turn++) assert.equal(rotation.turn(9_000).limit, 1_000);
    for (let slow = 0; slow < 3; slow++) rotation.tooSlow();
    assert.equal(rotation.turn(9_000).limit, 2_000);
    for (let slow = 0; slow < 300; slow++) rotation.tooSlow();
    assert.equal(rotation.turn(9_000).limit, 6_000);
    rotation.settled();
    assert.deepEqual(rotation.turn(9_000), { server: servers[2], round: 0, delay: 0, limit: 1_000 });
  });

  it('order depends on chance, and every server is in it', () => {
    const firsts = new Set<string>();
    const seed = Math.trunc(Math.random() * 2 ** 31);
    process.stdout.write(`      seed ${seed}\n`);
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    for (let draw = 0; draw < 200; draw++) {
      const rotation = new Rotation(servers, random);
      const hosts = servers.map(() => rotation.turn(9_000).server.host);
      assert.deepEqual(hosts.toSorted(), ['a', 'b', 'c']);
      firsts.add(hosts[0] ?? '');
    }
    assert.equal(firsts.size, 3);
  });

  it('goes back to a server that is to be tried again', () => {
    const rotation = new Rotation(servers, () => 0);
    const { server } = rotation.turn(9_000);
    rotation.again();
    assert.deepEqual(rotation.turn(9_000).server, server);
  });
});
