import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeNotices, isQuiet, readHead, readNoticesOf } from '../../../cli/notices/notices-file.js';
import {
  type NoticesOf,
  nothingKnown,
  nothingNoted,
  parseHead,
  parseBeginning,
  parseServices,
  serviceLine,
} from '../../../cli/notices/record.js';
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
  '{"version":1,"environments":[{"state":"a","services":1,"quiet":[1]}]}',
  '{"version":1,"environments":[{"state":"a","services":1,"quiet":[1,2],"begun":"x"}]}',
  '{"version":"2"}',
  '\u0000\u0001',
];

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);

describe('the file of notices', () => {
  let directory = '';
  let file = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ensemble-notices-'));
    file = join(directory, 'notices.json');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  for (const text of garbage)
    it(`is as good as none where its first line is ${JSON.stringify(text)}`, () =>
      assert.deepEqual(parseHead(text), nothingNoted));

  it('is left alone where a newer release wrote it', () => {
    writeFileSync(file, '{"version":2,"other":true}');
    assert.equal(readHead(file), undefined);
    assert.equal(readNoticesOf(file, 'embedded:/e'), undefined);
    assert.equal(note('embedded:/e', known, NOW), false);
    assert.equal(readFileSync(file, 'utf8'), '{"version":2,"other":true}');
  });

  const offers = [{ revision: 2, class: 'eligible', urgent: 'security' }] as const;
  const known: NoticesOf = {
    id: 'x',
    begun: NOW - 1,
    checked: NOW,
    offers: { web: { formula: 'r:web-1', offers } },
    told: { web: { 'r:web-1': { at: NOW, revisions: [2], urgent: { 2: NOW } } } },
  };
  const note = (state: string, entry: NoticesOf, now: number): boolean =>
    changeNotices(file, state, (noted) => ({ ...noted, entry }), now);

  it('is read as it is written, each environment by itself', () => {
    const other: NoticesOf = { ...nothingKnown, checked: NOW };
    assert.ok(note('embedded:/e', known, NOW) && note('embedded:/other', other, NOW));
    assert.deepEqual(readNoticesOf(file, 'embedded:/e'), known);
    assert.deepEqual(readNoticesOf(file, 'embedded:/other'), other);
    assert.deepEqual(readNoticesOf(file, 'embedded:/none'), nothingKnown);
  });

  it('forgets an environment that nobody worked with for 90 days, whoever writes it', () => {
    note('embedded:/e', known, NOW);
    note('embedded:/other', { ...nothingKnown, checked: NOW + 91 * DAY }, NOW + 91 * DAY);
    assert.deepEqual(readNoticesOf(file, 'embedded:/e'), nothingKnown);
  });

  it('says in its first line until when nothing is to be done, however much is behind that', () => {
    const services = Array.from({ length: 2_000 }, (_, index) => `web${index}`);
    const each = <T>(value: T): Record<string, T> =>
      Object.fromEntries(services.map((name) => [name, value]));
    const told = { 'r:web-1': { at: NOW, revisions: [2], urgent: { 2: NOW } } };
    note('embedded:/e', { ...known, offers: each({ formula: 'r:web-1', offers }), told: each(told) }, NOW);
    // What is behind it is not looked at.
    const [first = ''] = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${first}\n${'x'.repeat(1_000_000)}`);
    const head = readHead(file) ?? nothingNoted;
    assert.equal(isQuiet(head, 'embedded:/e', NOW), true);
    assert.equal(isQuiet(head, 'embedded:/e', NOW + DAY), false, 'the next look is due');
    assert.equal(isQuiet(head, 'embedded:/e', NOW - 1), false, 'the clock was set back');
    assert.equal(isQuiet(head, 'embedded:/other', NOW), false);
  });

  it('is read with a first line of any length', () => {
    for (let index = 0; index < 300; index += 1) note(`embedded:/a/path/of/some/length/${index}`, known, NOW);
    assert.equal(readHead(file)?.environments.length, 300);
  });

  it('has only the lines of those services parsed of which something may be told', () => {
    const both: NoticesOf = {
      ...known,
      offers: { ...known.offers, blog: { formula: 'r:blog-1', offers } },
      told: { ...known.told, gone: { 'r:gone-1': { revisions: [2], urgent: {} } } },
    };
    note('embedded:/e', both, NOW);
    const seen: string[] = [];
    const change = (now: number): boolean =>
      changeNotices(
        file,
        'embedded:/e',
        ({ entry, introduced }) => {
          seen.push([...Object.keys(entry.offers), ...Object.keys(entry.told)].join());
          return { entry: { ...entry, told: { ...entry.told, blog: { 'r:blog-1': told } } }, introduced };
        },
        now,
        ({ due }) => due <= now,
      );
    const told = { revisions: [2], urgent: { 2: NOW } };
    assert.ok(change(NOW));
    assert.deepEqual(readNoticesOf(file, 'embedded:/e'), {
      ...both,
      told: { ...both.told, blog: { 'r:blog-1': told } },
    });
    assert.ok(change(NOW + DAY - 1) && change(NOW + DAY));
    assert.deepEqual(seen, ['blog', '', 'web,blog,web,blog']);
    assert.ok(change(NOW - 1), 'the clock was set back');
    assert.match(seen.at(-1) ?? '', /gone/, 'so that none of its times means anything');
  });

  it('loses no more than the service that cannot be read', () => {
    const { text } = serviceLine(known, 'web', 7);
    const line = parseBeginning(text);
    assert.deepEqual([line?.name, line?.due, line?.text], ['web', 7, text]);
    const quiet = parseBeginning('[null,"web",{}]');
    assert.deepEqual([quiet?.name, quiet?.due], ['web', Number.POSITIVE_INFINITY]);
    for (const wrong of ['[null,"",{}]', '[null,"web]', '[7.5,"web",{}]', '[-1,"web",{}]', '["web",{}]', ''])
      assert.equal(parseBeginning(wrong), undefined, wrong);
    assert.equal(parseBeginning('["x'), undefined);
    const rest = [
      '{"known":{"formula":"f","offers":[{"revision":"9"}]}}',
      '{"told":{"r:bad-1":7}}',
      '{"kn',
      '7',
    ];
    const bad = rest.map((each, index) => parseBeginning(`[null,"bad${index}",${each}]`));
    const lines = [parseBeginning(text), ...bad].filter((each) => each !== undefined);
    assert.equal(lines.length, 5);
    assert.deepEqual(parseServices(undefined, lines), { offers: known.offers, told: known.told });
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

  it('of some services is all that is known of those, and leaves the others and the next look as they are', () => {
    const other: NewerEntry = { ...found, formula: 'r:blog-1' };
    const both = entryWith({ ...before, told }, { web: found, blog: other }, 'one', 11);
    const gone = { ...about, ...nothing, known: true };
    const after = entryWith(both, { web: gone }, 'one', 12, false);
    assert.deepEqual(after, { ...both, offers: { blog: both.offers.blog } });
  });
});
