import assert from 'node:assert/strict';
import { detect } from '../../migrate/detect.js';

describe('the layout of a directory', () => {
  for (const [what, kind, names, found] of [
    ['that is not there', 'home', undefined, { is: 'absent' }],
    ['of nothing', 'home', [], { is: 'empty' }],
    ['of a disk that was just mounted', 'data', ['lost+found'], { is: 'empty' }],
    ['of release 0.1.0’s home', 'home', ['environments.yaml', 'local'], { is: 'legacy' }],
    ['that an agent left before it had marked it', 'data', ['agent.pid', 'cache'], { is: 'legacy' }],
    [
      'of release 0.1.0’s data directory',
      'data',
      ['journal', 'layout.v1'],
      { is: 'marked', layout: 1, older: [] },
    ],
    ['of this release', 'data', ['journal', 'layout.v2'], { is: 'marked', layout: 2, older: [] }],
    [
      'with two markers, as an interrupted change leaves it',
      'data',
      ['layout.v1', 'layout.v2'],
      { is: 'marked', layout: 2, older: [1] },
    ],
    ['of a newer release', 'home', ['layout.v3'], { is: 'too-new', layout: 3 }],
    [
      'of a newer release, and this one’s',
      'data',
      ['layout.v10', 'layout.v2'],
      { is: 'too-new', layout: 10 },
    ],
    ['with a file that is no marker', 'data', ['layout.v', '.layout.v2.next'], { is: 'empty' }],
  ] as const)
    it(`${what} is found by the names in it`, () => assert.deepEqual(detect(kind, names, 2), found));
});
