import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { classify, type Facts, type Revision } from '../../../control/newer/classify.js';
import { reasonText } from '../../../control/newer/reasons.js';
import { configOptionsSchema } from '../../../state/formula/config-options.js';
import { metadataSchema } from '../../../state/formula/metadata.js';
import type { RelationNode } from '../../../state/model/relations.js';

interface Parts {
  readonly metadata?: object;
  readonly config?: object;
  readonly hooks?: readonly string[] | undefined;
  readonly withdrawn?: { readonly why?: string };
  readonly untrusted?: { readonly why: string };
  readonly changedSince?: string;
}

function revision(
  number: number,
  { metadata = {}, config = {}, hooks = [], withdrawn, untrusted, changedSince }: Parts = {},
): Revision {
  return {
    revision: number,
    metadata: metadataSchema.parse({ name: 'web', revision: number, ...metadata }),
    config: configOptionsSchema.parse(config),
    hooks,
    withdrawn,
    untrusted,
    changedSince,
  };
}

/** `web:db` is related to this many services. */
function related(count: number): RelationNode[] {
  return Array.from({ length: count }, (_, index) => ({
    number: `${index}`,
    version: 0,
    createdAt: 0,
    value: {
      endpoints: [
        { service: 'web', name: 'db', role: 'requires', interface: 'mysql' },
        { service: `db${index}`, name: 'db', role: 'provides', interface: 'mysql' },
      ],
      scope: 'global',
      change: '',
    },
  }));
}

const alone: Facts = { service: 'web', relations: [], values: {}, agents: [], bad: [], subordinate: false };
const db = { requires: { db: 'mysql' } };
const port = { port: { type: 'int' } };

describe('the opinion about what is newer', () => {
  interface Row {
    readonly name: string;
    readonly deployed?: Parts;
    readonly candidate?: Parts;
    readonly facts?: Partial<Facts>;
    readonly class: string;
    readonly reasons: readonly string[];
  }
  const rows: readonly Row[] = [
    {
      name: 'nothing changes',
      class: 'eligible',
      reasons: ['of line 1, as deployed; nothing that the service has is gone or changed'],
    },
    {
      name: 'things are added',
      deployed: { config: port, hooks: ['start'] },
      candidate: { metadata: db, config: { ...port, host: { type: 'string' } }, hooks: ['start', 'stop'] },
      class: 'eligible',
      reasons: ['of line 1, as deployed; nothing that the service has is gone or changed'],
    },
    {
      name: 'a line further',
      candidate: { metadata: { release: { line: 2 } } },
      class: 'questionable',
      reasons: ['of line 2, and line 1 is deployed'],
    },
    {
      name: 'a line back',
      deployed: { metadata: { release: { line: 3 } } },
      class: 'questionable',
      reasons: ['of line 1, and line 3 is deployed'],
    },
    {
      name: 'line 0 to line 0',
      deployed: { metadata: { release: { line: 0 } } },
      candidate: { metadata: { release: { line: 0 } } },
      class: 'questionable',
      reasons: ['of line 0, which promises nothing'],
    },
    {
      name: 'a relation in use is gone',
      deployed: { metadata: db },
      facts: { relations: related(3) },
      class: 'questionable',
      reasons: ['relation db is removed, 3 in use'],
    },
    {
      name: 'a relation that nobody uses is gone',
      deployed: { metadata: db },
      class: 'questionable',
      reasons: ['relation db is removed, not in use'],
    },
    {
      name: 'a relation is another one',
      deployed: { metadata: db },
      candidate: { metadata: { provides: { db: { interface: 'pgsql', scope: 'container' } } } },
      facts: { relations: related(1) },
      class: 'questionable',
      reasons: [
        'relation db changes its interface from mysql to pgsql and its role from requires to provides and its scope from global to container, 1 in use',
      ],
    },
    {
      name: 'peers are gone',
      deployed: { metadata: { peers: { ring: 'ring' } } },
      class: 'questionable',
      reasons: ['relation ring is removed'],
    },
    {
      name: 'more is related than its limit allows',
      deployed: { metadata: db },
      candidate: { metadata: { requires: { db: { interface: 'mysql', limit: 1 } } } },
      facts: { relations: related(2) },
      class: 'questionable',
      reasons: ['relation db: its limit is 1, and there are 2 of it, in use with db0, db1'],
    },
    {
      name: 'an option that is set is gone',
      deployed: { config: port },
      facts: { values: { port: 80 } },
      class: 'questionable',
      reasons: ['option port is removed, set'],
    },
    {
      name: 'an option has another type',
      deployed: { config: port },
      candidate: { config: { port: { type: 'string' } } },
      class: 'questionable',
      reasons: ['option port changes its type from int to string, not set'],
    },
    {
      name: 'a hook is gone',
      deployed: { hooks: ['start', 'stop', 'library.sh'] },
      candidate: { hooks: ['start'] },
      class: 'questionable',
      reasons: ['hook stop is removed'],
    },
    {
      name: 'a hook of a step between two revisions is gone',
      deployed: { hooks: ['upgrade-formula', 'revert-formula'] },
      class: 'eligible',
      reasons: ['of line 1, as deployed; nothing that the service has is gone or changed'],
    },
    {
      name: 'a hook is gone with its relation',
      deployed: { metadata: db, hooks: ['db-relation-joined'] },
      class: 'questionable',
      reasons: ['relation db is removed, not in use'],
    },
    {
      name: 'a prerelease',
      candidate: { metadata: { release: { prerelease: true } } },
      class: 'ineligible',
      reasons: ['a prerelease'],
    },
    {
      name: 'a prerelease after a prerelease',
      deployed: { metadata: { release: { prerelease: true } } },
      candidate: { metadata: { release: { prerelease: true } } },
      class: 'eligible',
      reasons: ['of line 1, as deployed; nothing that the service has is gone or changed'],
    },
    {
      name: 'an agent is too old',
      candidate: { metadata: { release: { ensemble: '>=0.10' } } },
      facts: {
        agents: [
          { machine: 'm0', version: '0.10.0' },
          { machine: 'm1', version: '0.9.0' },
        ],
      },
      class: 'ineligible',
      reasons: ['needs Ensemble >=0.10, and the agent of m1 is 0.9.0'],
    },
    {
      name: 'an agent is away',
      candidate: { metadata: { release: { ensemble: '>=0.10' } } },
      facts: { agents: [{ machine: 'm0' }] },
      class: 'questionable',
      reasons: ['needs Ensemble >=0.10, and the version of the agent of m0 is unknown while it is away'],
    },
    {
      name: 'the service went back from it',
      facts: { bad: [2] },
      class: 'ineligible',
      reasons: ['the service went back from it'],
    },
    {
      name: 'not trusted',
      candidate: { untrusted: { why: 'nobody signed it' } },
      class: 'ineligible',
      reasons: ['not trusted: nobody signed it'],
    },
    {
      name: 'withdrawn',
      candidate: { withdrawn: { why: 'loses mail' } },
      class: 'ineligible',
      reasons: ['withdrawn: loses mail'],
    },
    {
      name: 'what was published with another content',
      candidate: { changedSince: 'ours:web-12' },
      class: 'ineligible',
      reasons: ['no longer what was published as ours:web-12: its author has to give it a new revision'],
    },
    {
      name: 'a subordinate',
      candidate: {
        metadata: { subordinate: true, requires: { host: { interface: 'x', scope: 'container' } } },
      },
      class: 'ineligible',
      reasons: ['a subordinate, and the service is none'],
    },
    {
      name: 'several reasons, those against it first',
      deployed: { config: port },
      candidate: { metadata: { release: { line: 2, prerelease: true } } },
      facts: { bad: [2] },
      class: 'ineligible',
      reasons: [
        'a prerelease',
        'the service went back from it',
        'of line 2, and line 1 is deployed',
        'option port is removed, not set',
      ],
    },
  ];
  for (const { name, deployed, candidate, facts, class: expected, reasons } of rows)
    it(`${name}: ${expected}`, () => {
      const opinion = classify(revision(1, deployed), [revision(2, candidate)], { ...alone, ...facts });
      assert.deepEqual(
        opinion.candidates.map((each) => [each.class, each.reasons.map(reasonText)]),
        [[expected, reasons]],
      );
    });

  it('does not judge hooks of what was published before hooks were noted', () => {
    const before = { ...revision(1), hooks: undefined };
    assert.equal(classify(before, [revision(2)], alone).eligible, 2);
  });

  it('offers the highest of each class, and says which is urgent', () => {
    const opinion = classify(
      revision(1),
      [
        revision(2),
        revision(3, { metadata: { release: { urgent: 'security' } } }),
        revision(4, { metadata: { release: { line: 2 } } }),
        revision(5, { metadata: { release: { prerelease: true, urgent: 'data-loss' } } }),
      ],
      alone,
    );
    const { candidates, ...best } = opinion;
    assert.deepEqual(best, { deployed: 1, eligible: 3, questionable: 4, urgent: 3 });
    assert.deepEqual(
      candidates.map(({ urgent }) => urgent),
      ['data-loss', null, 'security', null],
    );
  });

  const parts = fc.record({
    number: fc.integer({ min: 0, max: 120 }),
    line: fc.integer({ min: 0, max: 2 }),
    prerelease: fc.boolean(),
    withdrawn: fc.boolean(),
    hasOption: fc.boolean(),
  });
  const sets = fc.uniqueArray(parts, { selector: ({ number }) => number, maxLength: 12 });
  const made = (
    set: readonly (typeof parts extends fc.Arbitrary<infer Value> ? Value : never)[],
  ): Revision[] =>
    set.map(({ number, line, prerelease, withdrawn, hasOption }) =>
      revision(number, {
        metadata: { release: { line, prerelease } },
        config: hasOption ? port : {},
        ...(withdrawn && { withdrawn: {} }),
      }),
    );

  it('goes by numbers, never by text, and by no order of what is offered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(60), sets, fc.infiniteStream(fc.nat()), async (deployed, set, random) => {
        const offered = made(set);
        const opinion = classify(revision(deployed, { config: port }), offered, alone);
        const numbers = opinion.candidates.map((each) => each.revision);
        assert.deepEqual(
          numbers,
          set
            .map(({ number }) => number)
            .filter((number) => number > deployed)
            .sort((a, b) => b - a),
        );
        const order = new Map(offered.map((each) => [each, random.next().value]));
        const shuffled = offered.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
        assert.deepEqual(classify(revision(deployed, { config: port }), shuffled, alone), opinion);
      }),
    );
    assert.equal(classify(revision(8), [revision(9), revision(10)], alone).eligible, 10);
  });

  it('finds a revision in between where the newest does not fit', async () => {
    await fc.assert(
      fc.asyncProperty(sets, async (set) => {
        const { candidates, eligible, questionable } = classify(
          revision(0, { config: port }),
          made(set),
          alone,
        );
        for (const [kind, found] of [
          ['eligible', eligible],
          ['questionable', questionable],
        ] as const) {
          const all = candidates.filter((each) => each.class === kind).map((each) => each.revision);
          assert.equal(found, all.length === 0 ? null : Math.max(...all));
        }
        for (const { reasons } of candidates) assert.ok(reasons.length > 0);
      }),
    );
  });

  it('offers nothing that is withdrawn, and all else as if that were not there', async () => {
    await fc.assert(
      fc.asyncProperty(sets, async (set) => {
        const offered = made(set);
        const { eligible, questionable, candidates } = classify(revision(0), offered, alone);
        const standing = offered.filter(({ withdrawn }) => withdrawn === undefined);
        const without = classify(revision(0), standing, alone);
        assert.deepEqual([eligible, questionable], [without.eligible, without.questionable]);
        const gone = offered.filter(({ withdrawn }) => withdrawn !== undefined).map((each) => each.revision);
        for (const each of candidates)
          if (gone.includes(each.revision)) assert.equal(each.class, 'ineligible');
      }),
    );
  });
});
