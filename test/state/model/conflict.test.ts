import assert from 'node:assert/strict';
import {
  NodeExists,
  NodeNotEmpty,
  NodeNotFound,
  OutcomeUnknown,
  VersionConflict,
} from '../../../state/coordination/errors.js';
import { retryOnConflict } from '../../../state/model/conflict.js';
import { TooManyConflicts } from '../../../state/model/errors.js';

const atOnce = {
  clock: {
    now: () => 0,
    monotonic: () => 0,
    after: (_ms: number, callback: () => void) => {
      queueMicrotask(callback);
      return { cancel: () => undefined };
    },
  },
  random: () => 0.5,
};

describe('an attempt that meets a conflict', () => {
  const attempts = (...errors: readonly Error[]) => {
    let count = 0;
    return {
      count: () => count,
      run: async () => {
        const error = errors[count];
        count += 1;
        if (error !== undefined) throw error;
        return 'done';
      },
    };
  };

  it('is made again, also when the answer to its write was lost', async () => {
    const { run, count } = attempts(
      new VersionConflict({ path: '/a' }),
      new OutcomeUnknown({ path: '/a' }),
      new NodeExists({ path: '/a' }),
      new NodeNotFound({ path: '/b' }),
    );
    assert.equal(await retryOnConflict('it', run, atOnce), 'done');
    assert.equal(count(), 5);
  });

  it('has found a fact when the same node is there, or missing, twice in a row', async () => {
    const { run, count } = attempts(new NodeExists({ path: '/a' }), new NodeExists({ path: '/a' }));
    await assert.rejects(retryOnConflict('it', run, atOnce), NodeExists);
    assert.equal(count(), 2);
  });

  it('has found a fact when what is below a node stays there, and none when that is gone or it is another node', async () => {
    const times = (count: number, path: string): readonly Error[] =>
      Array.from({ length: count }, () => new NodeNotEmpty({ path }));
    const stays = attempts(...times(20, '/a'));
    await assert.rejects(retryOnConflict('it', stays.run, atOnce), NodeNotEmpty);
    assert.equal(stays.count(), 10);
    const passes = attempts(...times(9, '/a'), ...times(9, '/b'));
    assert.equal(await retryOnConflict('it', passes.run, atOnce), 'done');
  });

  it('passes every other error on at once', async () => {
    const { run, count } = attempts(new TypeError('a bug'));
    await assert.rejects(retryOnConflict('it', run, atOnce), TypeError);
    assert.equal(count(), 1);
  });

  it('gives up after many', async () => {
    const { run } = attempts(...Array.from({ length: 100 }, () => new VersionConflict({ path: '/a' })));
    await assert.rejects(retryOnConflict('service mysql', run, atOnce), (error: Error) => {
      assert.ok(error instanceof TooManyConflicts);
      assert.match(error.message, /^service mysql is being changed by others again and again$/);
      return true;
    });
  });
});
