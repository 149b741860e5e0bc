import assert from 'node:assert/strict';
import { defineError, EnsembleError } from '../../../state/platform/errors.js';

class BoatLeaks extends defineError<{ boat: string; holes?: number }>(
  'boat-leaks',
  ({ boat, holes = 1 }, cause) =>
    `boat ${boat} leaks by ${holes}${cause instanceof Error ? `: ${cause.message}` : ''}`,
  ({ boat }) => `boats mend ${boat}`,
) {}

class NoBoats extends defineError('no-boats', 'there are no boats', 'boats build', { exitCode: 2 }) {}

class BoatAdvised extends defineError<{ next?: string }>(
  'boat-advised',
  'the boat is advised',
  ({ next = 'boats wait' }) => next,
) {}

class BoatSunk extends defineError<{ boat: string }>('boat-sunk', ({ boat }) => `boat ${boat} sank`) {
  override get brief(): string {
    return `${this.boat} sank`;
  }
}

describe('an error by defineError', () => {
  it('renders its sentence and the next command from its fields, and has them as properties', () => {
    const error = new BoatLeaks({ boat: 'ark', holes: 2 });
    assert.equal(error.message, 'boat ark leaks by 2');
    assert.equal(error.next, 'boats mend ark');
    assert.deepEqual([error.boat, error.holes], ['ark', 2]);
  });

  it('has its code on the class and on each error, and the name of its class', () => {
    const error = new BoatLeaks({ boat: 'ark' });
    assert.deepEqual([BoatLeaks.code, error.code, error.name], ['boat-leaks', 'boat-leaks', 'BoatLeaks']);
  });

  it('is one of its own class and of no other', () => {
    const error: unknown = new BoatLeaks({ boat: 'ark' });
    assert.ok(error instanceof BoatLeaks && error instanceof EnsembleError && error instanceof Error);
    assert.ok(!(error instanceof BoatSunk));
  });

  it('keeps its cause, and may quote it', () => {
    const cause = new Error('a worm');
    const error = new BoatLeaks({ boat: 'ark' }, { cause });
    assert.equal(error.cause, cause);
    assert.equal(error.message, 'boat ark leaks by 1: a worm');
    assert.ok(!('cause' in new BoatLeaks({ boat: 'ark' })));
  });

  it('says the same of all where nothing depends on fields, and is wrong usage where it is defined so', () => {
    const error = new NoBoats({});
    assert.deepEqual([error.message, error.next, error.exitCode], ['there are no boats', 'boats build', 2]);
    assert.equal(new BoatLeaks({ boat: 'ark' }).exitCode, 1);
  });

  it('may be told the next command, and has its own where it is not', () => {
    assert.equal(new BoatAdvised({ next: 'boats sail' }).next, 'boats sail');
    assert.equal(new BoatAdvised({}).next, 'boats wait');
    assert.equal(new BoatSunk({ boat: 'ark' }).next, undefined);
  });

  it('may be said otherwise in brief', () => {
    assert.equal(new BoatSunk({ boat: 'ark' }).brief, 'ark sank');
    assert.equal(new NoBoats({}).brief, 'there are no boats');
  });
});
