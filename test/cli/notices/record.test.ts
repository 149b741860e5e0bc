import assert from 'node:assert/strict';
import { noNotices, noticesText, parseNotices, withEnvironment } from '../../../cli/notices/record.js';
import { entryWith } from '../../../cli/notices/refresh.js';
import type { NewerEntry } from '../../../control/newer/newer-document.js';

const garbage = [
  undefined,
  '',
  '{"version": 1, "environ',
  'null',
  '[]',
  '7',
  '{"version":1,"environments":{"a":{"told":7}}}',
  '{"version":1,"environments":{"a":{"offers":{"web":{"formula":"f","offers":[{"revision":"9"}]}}}}}',
  '{"version":"2"}',
  '\u0000\u0001',
];

describe('the file of notices', () => {
  for (const text of garbage)
    it(`is as good as none where it holds ${JSON.stringify(text)}`, () =>
      assert.deepEqual(parseNotices(text), noNotices));

  it('is left alone where a newer release wrote it', () =>
    assert.equal(parseNotices('{"version":2,"other":true}'), undefined));

  it('is read as it is written', () => {
    const notices = withEnvironment(noNotices, 'embedded:/e', {
      id: 'x',
      begun: 1,
      checked: 2,
      offers: {
        web: { formula: 'r:web-1', offers: [{ revision: 2, class: 'eligible', urgent: 'security' }] },
      },
      told: { web: { 'r:web-1': { at: 3, revisions: [2], urgent: { 2: 4 } } } },
    });
    assert.deepEqual(parseNotices(noticesText(notices)), notices);
  });
});

describe('what a look writes into the file', () => {
  const about = { deployed: 1, formula: 'r:web-1', repository: '/r' };
  const nothing = { eligible: null, questionable: null, urgent: null, candidates: [] };
  const found: NewerEntry = {
    ...about,
    known: true,
    eligible: 5,
    questionable: 4,
    urgent: 3,
    candidates: [
      { revision: 6, class: 'ineligible', reasons: [], urgent: 'security' },
      { revision: 5, class: 'eligible', reasons: [], urgent: null },
      { revision: 4, class: 'questionable', reasons: [], urgent: null },
      { revision: 3, class: 'questionable', reasons: [], urgent: 'data-loss' },
    ],
  };
  const before = entryWith({ offers: {}, told: {} }, { web: found }, 'one', 10);
  const told = { web: { 'r:web-1': { at: 1, revisions: [5], urgent: {} } } };

  it('is what may be taken, and what is urgent', () =>
    assert.deepEqual(before, {
      id: 'one',
      checked: 10,
      offers: {
        web: {
          formula: 'r:web-1',
          offers: [
            { revision: 5, class: 'eligible', urgent: null },
            { revision: 3, class: 'questionable', urgent: 'data-loss' },
          ],
        },
      },
      told: {},
    }));

  it('is what was known, where its repository cannot be asked', () => {
    const unknown: NewerEntry = { ...about, ...nothing, known: false, why: 'away' };
    assert.deepEqual(entryWith(before, { web: unknown }, 'one', 11).offers, before.offers);
    const other = { ...unknown, formula: 'r:web-2' };
    assert.deepEqual(entryWith(before, { web: other }, 'one', 11).offers, {});
  });

  it('is nothing where there is nothing any more, as of what is withdrawn', () =>
    assert.deepEqual(
      entryWith(before, { web: { ...about, ...nothing, known: true } }, 'one', 11).offers,
      {},
    ));

  it('keeps what was told of services that there are', () => {
    assert.deepEqual(entryWith({ ...before, told }, { web: found }, 'one', 11).told, told);
    assert.deepEqual(entryWith({ ...before, told }, {}, 'one', 11).told, {});
  });

  it('forgets what was told in an environment that is another one by now', () =>
    assert.deepEqual(entryWith({ ...before, told }, { web: found }, 'two', 11).told, {}));
});
