import assert from 'node:assert/strict';
import { isSameVersion, settingsVersion } from '../../../agent/relation/settings-version.js';

describe('a state of settings is known by its node’s version and its content:', () => {
  const now = settingsVersion(3, { a: '1' });
  const rows: readonly (readonly [string, number | undefined, number | undefined, boolean])[] = [
    ['the same of both is the same', now, settingsVersion(3, { a: '1' }), true],
    ['another version is another', now, settingsVersion(4, { a: '1' }), false],
    [
      'another content is another: settings that were made anew begin with the same versions',
      now,
      settingsVersion(3, { a: '2' }),
      false,
    ],
    ['release 0.1.0 knew the version alone', 3, now, true],
    ['and another version was another to it', 2, now, false],
    ['a version of 0.1.0 is not compared the other way round', now, 3, false],
    ['a state that this release knew is compared as a whole', 2 ** 20, settingsVersion(2 ** 20, {}), false],
    ['none is another than any', undefined, now, false],
    ['nor is any the same as none', now, undefined, false],
    ['none is the same as none', undefined, undefined, true],
  ];
  for (const [rule, known, present, same] of rows)
    it(rule, () => assert.equal(isSameVersion(known, present), same));
});
