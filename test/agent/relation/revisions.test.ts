import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assertLegal, present } from '../relation-lives.js';
import { NAMES_OF_UNITS, peersOf, RevisionsSimulation, type RevisionStep } from './revisions-simulation.js';

describe('the relations of units that go from revision to revision', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const unit = fc.constantFrom(...NAMES_OF_UNITS);
  const revision = fc.constantFrom(...peersOf.keys());
  const step: fc.Arbitrary<RevisionStep> = fc.record({
    unit,
    do: fc.oneof(
      fc.constantFrom('look' as const, 'run' as const, 'go' as const, 'fail' as const, 'restart' as const),
      fc.constantFrom('look' as const, 'run' as const, 'go' as const),
      fc.record({ want: fc.option(revision, { nil: undefined }) }),
    ),
  });
  const steps = fc.array(step, { maxLength: 80, size: 'max' });
  const simulated = (all: readonly RevisionStep[]): RevisionsSimulation => {
    const simulation = new RevisionsSimulation();
    for (const each of all) simulation.step(each);
    return simulation;
  };
  const holds = (property: fc.IProperty<[RevisionStep[], number]>): void =>
    fc.assert(property, { seed, numRuns: 800, includeErrorInReport: true });

  it('end where each knows all that are there by the revision that all have in the end', () => {
    holds(
      fc.property(steps, revision, (all, last) => {
        const simulation = simulated(all);
        simulation.settle(last);
        for (const { name, told, standing } of simulation.units) {
          assert.equal(standing.formula?.id, `p:f-${last}`);
          const others = NAMES_OF_UNITS.filter((other) => other !== name);
          const expected = Object.fromEntries((peersOf[last] ?? []).map((peer) => [peer, others]));
          assert.deepEqual(present(told), expected, `seed ${seed}, ${name}`);
        }
      }),
    );
  });

  it('are told in order: joined first, each departed before broken, broken last, none twice', () => {
    holds(
      fc.property(steps, revision, (all, last) => {
        const simulation = simulated(all);
        simulation.settle(last);
        simulation.leave();
        for (const { name, told } of simulation.units)
          assertLegal(told, (each) => peersOf[each] ?? [], `seed ${seed}, ${name}`);
      }),
    );
  });
});
