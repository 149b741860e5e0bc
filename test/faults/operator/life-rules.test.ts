import assert from 'node:assert/strict';
import { faultsOfEnd, faultsOfLife, eventsOf } from './life-rules.js';
import { type Life, readRuns } from './lives.js';

/** A life from its hooks: `install 1`, `db-joined 1 db:0 b/0`, with `!` behind one that failed. */
function lifeOf(...hooks: readonly string[]): Life {
  const text = hooks
    .map((words) => {
      const [hook = '', revision = '1', relation = '-', remote = '-'] = words.replace(' !', '').split(' ');
      const name = hook.replace(/^db-/, 'db-relation-');
      return `begin ${name} ${revision} 1 m0 alone ${relation} ${remote}\nend ${words.includes('!') ? 3 : 0}\n`;
    })
    .join('');
  return { unit: 'web/0', era: 0, id: '0a1b2c3d', runs: readRuns(text), text };
}

const born = ['install 1', 'config-changed 1', 'start 1'];
const met = [...born, 'db-joined 1 db:0 b/0', 'db-changed 1 db:0 b/0'];
const left = ['db-departed 1 db:0 b/0', 'db-broken 1 db:0'];

describe('the rules of a life', () => {
  const right: readonly (readonly [string, readonly string[]])[] = [
    ['a whole life', [...met, ...left, 'stop 1']],
    ['a hook that failed runs once more', ['install 1 !', 'install 1', 'config-changed 1', 'start 1']],
    [
      'an install that failed goes on after a revision that was forced',
      ['install 1 !', 'upgrade-formula 2', 'install 2'],
    ],
    ['an upgrade and its way back', [...born, 'upgrade-formula 2 !', 'revert-formula 1', 'config-changed 1']],
    [
      'a unit that went back to what has no such endpoint, and comes again',
      [
        ...met,
        ...left,
        'revert-formula 1',
        'upgrade-formula 2',
        'db-joined 2 db:0 b/0',
        'db-changed 2 db:0 b/0',
      ],
    ],
    [
      'a unit joins again',
      [...met, 'db-departed 1 db:0 b/0', 'db-joined 1 db:0 b/0', 'db-changed 1 db:0 b/0'],
    ],
    [
      'hooks of others between a relation hook and its repetition',
      [
        ...born,
        'db-joined 1 db:0 b/0 !',
        'config-changed 1',
        'db-joined 1 db:0 b/0',
        'db-changed 1 db:0 b/0',
      ],
    ],
  ];
  for (const [name, hooks] of right)
    it(`allow: ${name}`, () => assert.deepEqual(faultsOfLife(lifeOf(...hooks)), []));

  const wrong: readonly (readonly [RegExp, readonly string[]])[] = [
    [/install is not its first hook/, ['config-changed 1']],
    [/install ran again/, [...born, 'install 1']],
    [/db-relation-joined 1 .* before start/, ['install 1', 'db-joined 1 db:0 b/0']],
    [/config-changed 1 after stop/, [...born, 'stop 1', 'config-changed 1']],
    [/config-changed 2 is the first hook after revision 1/, [...born, 'config-changed 2']],
    [/follows joined of b\/0, not its changed/, [...born, 'db-joined 1 db:0 b/0', 'db-departed 1 db:0 b/0']],
    [/of a unit that it did not know/, [...born, 'db-departed 1 db:0 b/0']],
    [/of a unit that it knew/, [...met, 'db-joined 1 db:0 b/0']],
    [/broken while b\/0 had not departed/, [...met, 'db-broken 1 db:0']],
    [
      /upgrade-formula 2 while web\/1 had not departed/,
      [
        ...born,
        'ring-relation-joined 1 ring:0 web/1',
        'ring-relation-changed 1 ring:0 web/1',
        'upgrade-formula 2',
      ],
    ],
    [/follows broken/, [...met, ...left, 'db-broken 1 db:0']],
  ];
  for (const [fault, hooks] of wrong)
    it(`find: ${fault.source}`, () => assert.match(faultsOfLife(lifeOf(...hooks)).join('\n'), fault));

  it('find hooks beside each other, on two machines, without data, and one that never ended', () => {
    const runs = readRuns(
      'begin install 1 1 m0 alone - -\nbegin config-changed 1 1 m1 overlaps - -\nend 0\n',
    );
    const faults = faultsOfLife({ unit: 'web/0', era: 0, id: 'none', runs, text: '' }).join('\n');
    for (const fault of [
      /overlapped another/,
      /on two machines/,
      /no data of an install/,
      /install 1 exit none never ended/,
    ])
      assert.match(faults, fault);
  });

  it('know who is in a relation', () => {
    assert.deepEqual([...eventsOf(lifeOf(...met.slice(3)).runs).known], ['b/0']);
    assert.deepEqual([...eventsOf(lifeOf(...met.slice(3), ...left).runs).known], []);
  });

  it('ask of a removed unit that it broke its relations and stopped', () => {
    assert.deepEqual(faultsOfEnd(lifeOf(...met, ...left, 'stop 1')), []);
    assert.deepEqual(faultsOfEnd(lifeOf('install 1 !')), []);
    const faults = faultsOfEnd(lifeOf(...met)).join('\n');
    assert.match(faults, /stop is not its last hook/);
    assert.match(faults, /db:0 was never broken/);
  });
});
