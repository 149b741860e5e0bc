import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Frames } from '../../../../state/coordination/zookeeper/frames.js';

function frame(body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeInt32BE(body.length);
  bytes.set(body, 4);
  return bytes;
}

describe('frames', () => {
  it('come out whole and in order, however the bytes came in', () => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    process.stdout.write(`      seed ${seed}\n`);
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
    fc.assert(
      fc.property(bodies, sizes, (bodies, sizes) => {
        const wanted = bodies.map(frame);
        const stream = Buffer.concat(wanted);
        const got: Buffer[] = [];
        const frames = new Frames((one) => got.push(Buffer.from(one)));
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          frames.push(stream.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(got, wanted);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('a length that cannot be is refused', () => {
    for (const length of [-1, -2_147_483_648, 64 * 1024 * 1024 + 1]) {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32BE(length);
      assert.throws(() => new Frames(() => {}).push(bytes), RangeError);
    }
  });

  it('thirty megabytes in small pieces take time in proportion', () => {
    const body = Buffer.alloc(30_000_000, 1);
    const stream = frame(body);
    let length = 0;
    const frames = new Frames((one) => {
      length = one.length;
    });
    const before = process.cpuUsage();
    for (let at = 0; at < stream.length; at += 16_384) frames.push(stream.subarray(at, at + 16_384));
    assert.equal(length, stream.length);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 1_000_000, 'joining for each piece would copy 27 GB');
  });
});
