import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { dueNotices } from '../../../cli/notices/due.js';
import { noticeLines } from '../../../cli/notices/notice-lines.js';
import type { KnownOffer } from '../../../cli/notices/record.js';
import { entryWith } from '../../../cli/notices/refresh.js';
import { newerDocument } from '../../../control/newer/newer-document.js';
import { opinionOf } from '../../../control/newer/opinion.js';
import { findTarget } from '../../../control/upgrade/target.js';
import type { Candidate } from '../../../state/formula/candidate.js';
import { configOptionsSchema } from '../../../state/formula/config-options.js';
import { metadataSchema } from '../../../state/formula/metadata.js';
import { repositoryOf } from '../../../state/formula/repositories/repository.js';

const offer = (revision: number, more: Partial<KnownOffer> = {}): KnownOffer => ({
  revision,
  class: 'eligible',
  urgent: null,
  ...more,
});
const notice = (service: string, ...offers: KnownOffer[]) => ({ service, formula: 'r:web-1', offers });

describe('the block of notices', () => {
  const rows: readonly (readonly [KnownOffer, string])[] = [
    [
      offer(2),
      'newer: revision 2 of a, which runs revision 1, is compatible; to take it: ensemble upgrade-formula --revision 2 a',
    ],
    [
      offer(2, { class: 'questionable' }),
      'newer: revision 2 of a, which runs revision 1, may break something; to see what it would change: ensemble upgrade-formula --dry-run --revision 2 a',
    ],
    [
      offer(2, { urgent: 'security' }),
      'SECURITY: revision 2 of a, which runs revision 1, mends a security fault; to take it: ensemble upgrade-formula --revision 2 a',
    ],
    [
      offer(2, { class: 'questionable', urgent: 'data-loss' }),
      'DATA-LOSS: revision 2 of a, which runs revision 1, mends a loss of data and may break something; to see what it would change: ensemble upgrade-formula --dry-run --revision 2 a',
    ],
  ];
  for (const [of, line] of rows)
    it(`says of what is ${of.class}${of.urgent === null ? '' : ` and urgent for ${of.urgent}`} what it is`, () =>
      assert.deepEqual(noticeLines([notice('a', of)], undefined), [line]));

  it('has what is urgent first, and how to turn it off last', () => {
    const lines = noticeLines(
      [notice('a', offer(2)), notice('b', offer(3, { urgent: 'security' }))],
      '/home/e.yaml',
    );
    assert.deepEqual(
      lines.map((line) => line.slice(0, 11)),
      ['SECURITY: r', 'newer: revi', 'each newer '],
    );
    assert.match(lines[2] ?? '', /export ENSEMBLE_NO_NOTICES=1 .*`notices: off` in \/home\/e\.yaml$/);
  });

  it('are cut off at a handful, with the command that shows all', () => {
    const many = Array.from({ length: 40 }, (_, index) => notice(`s${index}`, offer(2)));
    const lines = noticeLines(many, undefined);
    assert.equal(lines.length, 7);
    assert.equal(lines.at(-1), 'newer: 34 more; all of it: ensemble newer');
    assert.equal(noticeLines(many.slice(0, 7), undefined).length, 7);
  });
});

describe('the command that a notice names', () => {
  const DEPLOYED = { repository: 'r', name: 'web', revision: 5 };
  const release = fc.record(
    {
      line: fc.constantFrom(0, 1, 2),
      prerelease: fc.boolean(),
      urgent: fc.constantFrom('security', 'data-loss'),
      ensemble: fc.constantFrom('>=0.1', '>=99'),
    },
    { requiredKeys: [] },
  );
  const candidate = fc
    .record({
      revision: fc.nat(20),
      release,
      db: fc.boolean(),
      port: fc.constantFrom('int', 'string', undefined),
      hooks: fc.subarray(['start', 'stop']),
      isWithdrawn: fc.boolean(),
    })
    .map(({ revision, release: said, db, port, hooks, isWithdrawn }): Candidate => {
      const metadata = { name: 'web', revision, release: said, ...(db && { requires: { db: 'mysql' } }) };
      return {
        kind: 'directory',
        path: '/r/web',
        id: { ...DEPLOYED, revision },
        metadata: metadataSchema.parse(metadata),
        config: configOptionsSchema.parse(port === undefined ? {} : { port: { type: port } }),
        hooks,
        ...(isWithdrawn && { withdrawn: {} }),
      };
    });
  const facts = fc.record({
    service: fc.constant('web'),
    relations: fc.constant([]),
    values: fc.constantFrom({}, { port: 1 }),
    agents: fc.constantFrom([], [{ machine: 'm0', version: '0.1.0' }], [{ machine: 'm0' }]),
    bad: fc.subarray([6, 7, 8, 9]),
    subordinate: fc.constant(false),
  });

  it('takes the revision that it tells of, which is what it is said to be, whatever is offered', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(
        candidate,
        fc.uniqueArray(candidate, { selector: ({ id }) => id.revision, maxLength: 12 }),
        facts,
        async (deployed, offered, known) => {
          const repository = repositoryOf('/r', 'r', offered, []);
          const standing = { deployed: { ...deployed, revision: DEPLOYED.revision }, facts: known };
          const judged = opinionOf(standing, offered);
          const document = newerDocument([
            { service: 'web', formula: 'r:web-5', repository: '/r', opinion: judged, problems: [] },
          ]);
          const entry = entryWith({ offers: {}, told: {} }, document, undefined, 0);
          const due = dueNotices(entry, { seen: new Map(), given: new Map() }, 0);
          for (const line of noticeLines(due, undefined)) {
            seen += 1;
            const [, said, command = ''] = /revision (\d+) of web, .*: ensemble (.*)$/.exec(line) ?? [];
            const [, , dry, revision] =
              /^(upgrade-formula) (--dry-run )?--revision (\d+) web$/.exec(command) ?? [];
            const options = { revision: Number(revision), dryRun: dry !== undefined };
            const target = await findTarget(
              'web',
              DEPLOYED,
              async () => repository,
              options,
              async () => judged,
              async () => undefined,
            );
            assert.equal(target.id, `r:web-${said}`, line);
            const found = judged.candidates.find((each) => each.revision === Number(said));
            const kind = line.includes('may break something') ? 'questionable' : 'eligible';
            assert.equal(found?.class, kind, line);
            assert.equal(dry !== undefined, kind === 'questionable', line);
            assert.equal(/^[A-Z-]+(?=:)/.exec(line)?.[0].toLowerCase() ?? null, found?.urgent, line);
          }
          // What could be taken is never left untold.
          const worth = judged.candidates.some((each) => each.class !== 'ineligible');
          assert.equal(due.length > 0, worth);
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(seen > 100, `only ${seen} were told`);
  });
});
