import assert from 'node:assert/strict';
import { type Asked, removalInPlaceOf } from '../../../state/model/removal-request.js';
import type { Removal } from '../../../state/model/request-schemas.js';
import { requester } from './tree.js';

type Wish = Omit<Removal, 'requestedAt' | 'by'>;

const keep: Wish = { keepData: true };
const purge: Wish = { purge: true };
const forOld: Wish = { keepData: true, forOlderAgent: true };

const rows: readonly (readonly [
  before: Wish | undefined,
  asked: Wish,
  how: Omit<Asked, 'standing'>,
  then: Wish,
])[] = [
  [undefined, {}, { named: true, keeps: true }, {}],
  [undefined, purge, { named: false, keeps: true }, purge],
  [keep, {}, { named: true, keeps: true }, keep],
  [keep, {}, { named: false, keeps: true }, keep],
  [keep, purge, { named: false, keeps: true }, keep],
  [keep, purge, { named: true, keeps: true }, purge],
  [purge, {}, { named: false, keeps: true }, {}],
  [purge, keep, { named: true, keeps: true }, keep],
  [undefined, {}, { named: true, keeps: false }, forOld],
  [undefined, keep, { named: true, keeps: false }, keep],
  [undefined, purge, { named: false, keeps: false }, purge],
  [forOld, purge, { named: false, keeps: false }, purge],
  [forOld, {}, { named: false, keeps: true }, {}],
  [keep, {}, { named: false, keeps: false }, keep],
];

describe('a request for a removal in the place of another', () => {
  for (const [before, asked, how, then] of rows)
    it(`is ${JSON.stringify(then)} where ${JSON.stringify(asked)} comes after ${JSON.stringify(before)}: ${JSON.stringify(how)}`, () => {
      const standing = before && {
        value: JSON.stringify({ ...requester, ...before }),
        version: 3,
        ephemeral: false,
      };
      assert.deepEqual(removalInPlaceOf({ ...requester, ...asked }, { ...how, standing }), {
        ...requester,
        ...then,
      });
    });
});
