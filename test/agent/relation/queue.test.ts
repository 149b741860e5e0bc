import assert from 'node:assert/strict';
import fc from 'fast-check';
import { emptyQueue, type RelationQueue } from '../../../agent/journal/relation-queue.js';
import { begin, finish, leave, nextEvent, observeMembers } from '../../../agent/relation/queue.js';
import { compareUnits } from '../../../state/model/paths.js';
import { QueueSimulation, type Step } from './queue-simulation.js';

type Members = Readonly<Record<string, number>>;

const look = (queue: RelationQueue, members: Members): RelationQueue =>
  observeMembers(queue, new Map(Object.entries(members)));

/** What one look after the other leads to. */
const looks = (...seen: Members[]): RelationQueue => seen.reduce(look, emptyQueue);

const through = (queue: RelationQueue): RelationQueue => finish(begin(queue));

/** Runs everything that is queued. */
function drain(queue: RelationQueue): RelationQueue {
  let drained = queue;
  while (drained.events.length > 0) drained = through(drained);
  return drained;
}

/** e.g. `joined a/0, changed a/0` */
const listed = ({ events }: RelationQueue): string =>
  events.map((event) => (event.kind === 'broken' ? 'broken' : `${event.kind} ${event.unit}`)).join(', ');

const joined = looks({ 'a/0': 0 });
const settled = drain(joined);

describe('the queue of a relation', () => {
  describe('coalesces what is queued for a unit with what is new', () => {
    const both = drain(looks({ 'a/0': 0, 'b/0': 0 }));
    // Each row first queues something for a/0, then something for b/0 that shows the places, then the new event.
    const rows: [row: string, queue: RelationQueue, events: string][] = [
      [
        'joined + changed is joined, in its place',
        looks({ 'a/0': 0 }, { 'a/0': 0, 'b/0': 0 }, { 'a/0': 1, 'b/0': 0 }),
        'joined a/0, joined b/0',
      ],
      [
        'joined + departed is nothing',
        looks({ 'a/0': 0 }, { 'a/0': 0, 'b/0': 0 }, { 'b/0': 0 }),
        'joined b/0',
      ],
      [
        'changed + changed is the first, in its place',
        [
          { 'a/0': 1, 'b/0': 0 },
          { 'a/0': 1, 'b/0': 1 },
          { 'a/0': 2, 'b/0': 1 },
        ].reduce(look, both),
        'changed a/0, changed b/0',
      ],
      [
        'changed + departed is departed, last',
        [{ 'a/0': 1, 'b/0': 0 }, { 'a/0': 1, 'b/0': 1 }, { 'b/0': 1 }].reduce(look, both),
        'changed b/0, departed a/0',
      ],
      [
        'departed + joined is changed, last',
        [{ 'b/0': 0 }, { 'b/0': 1 }, { 'a/0': 0, 'b/0': 1 }].reduce(look, both),
        'changed b/0, changed a/0',
      ],
      [
        'departed + changed is departed, as who is gone changes nothing',
        [{ 'b/0': 0 }, { 'b/0': 1 }].reduce(look, both),
        'departed a/0, changed b/0',
      ],
      [
        'departed + joined + changed is changed',
        [{ 'b/0': 0 }, { 'a/0': 0, 'b/0': 0 }, { 'a/0': 1, 'b/0': 0 }].reduce(look, both),
        'changed a/0',
      ],
      [
        'departed + joined + departed is departed',
        [{ 'b/0': 0 }, { 'a/0': 0, 'b/0': 0 }, { 'b/0': 0 }].reduce(look, both),
        'departed a/0',
      ],
      [
        'joined + departed + joined is joined, last',
        looks({ 'a/0': 0 }, { 'a/0': 0, 'b/0': 0 }, { 'b/0': 0 }, { 'a/0': 0, 'b/0': 0 }),
        'joined b/0, joined a/0',
      ],
    ];
    for (const [row, queue, events] of rows) it(row, () => assert.equal(listed(queue), events));
  });

  describe('merges nothing with an event that has begun', () => {
    const running = begin(joined);
    const rows: [row: string, queue: RelationQueue, events: string][] = [
      ['joined + changed', look(running, { 'a/0': 1 }), 'joined a/0, changed a/0'],
      ['joined + departed', look(running, {}), 'joined a/0, departed a/0'],
      [
        'changed + changed',
        look(begin(look(settled, { 'a/0': 1 })), { 'a/0': 2 }),
        'changed a/0, changed a/0',
      ],
      ['changed + departed', look(begin(look(settled, { 'a/0': 1 })), {}), 'changed a/0, departed a/0'],
      ['departed + joined', look(begin(look(settled, {})), { 'a/0': 0 }), 'departed a/0, joined a/0'],
    ];
    for (const [row, queue, events] of rows) it(row, () => assert.equal(listed(queue), events));

    it('but what came meanwhile with what comes then', () => {
      const queue = look(look(begin(look(settled, {})), { 'a/0': 0 }), {});
      assert.equal(listed(queue), 'departed a/0');
      assert.equal(listed(look(look(running, {}), { 'a/0': 0 })), 'joined a/0, changed a/0');
    });
  });

  describe('has changed follow joined', () => {
    it('at once, before anything else of the relation', () => {
      const queue = through(look(begin(joined), { 'a/0': 0, 'b/0': 0 }));
      assert.equal(listed(queue), 'changed a/0, joined b/0');
    });

    it('once, also where settings changed while joined ran', () => {
      assert.equal(listed(through(look(begin(joined), { 'a/0': 5 }))), 'changed a/0');
    });

    it('also where the unit left while joined ran', () => {
      assert.equal(listed(through(look(begin(joined), {}))), 'changed a/0, departed a/0');
    });

    it('also where the unit leaves between the two', () => {
      const left = look(through(joined), {});
      assert.equal(listed(left), 'changed a/0, departed a/0');
      assert.equal(listed(look(left, { 'a/0': 0 })), 'changed a/0', 'and comes back');
      assert.equal(listed(look(through(left), { 'a/0': 0 })), 'changed a/0', 'or comes back after it');
      assert.equal(
        listed(leave(through(joined))),
        'changed a/0, departed a/0, broken',
        'or this unit leaves',
      );
    });

    it('also where joined failed and was resolved as if it were through', () => {
      assert.equal(listed(finish(begin(joined))), 'changed a/0');
    });
  });

  describe('sees by comparing', () => {
    it('departures before arrivals before changes, each in the order of names', () => {
      const before = drain(looks({ 'd/0': 0, 'c/0': 0, 'b/0': 0, 'a/0': 0 }));
      const queue = look(before, { 'z/0': 0, 'b/0': 1, 'y/0': 0, 'a/0': 1 });
      assert.equal(
        listed(queue),
        'departed c/0, departed d/0, joined y/0, joined z/0, changed a/0, changed b/0',
      );
    });

    it('what happened while nobody looked', () => {
      assert.equal(listed(look(settled, { 'a/0': 7 })), 'changed a/0');
    });

    it('settings that were made anew, whose versions begin again', () => {
      assert.equal(listed(look(drain(looks({ 'a/0': 7 })), { 'a/0': 0 })), 'changed a/0');
    });

    it('nothing where nothing happened, and then is the same queue', () => {
      assert.equal(look(settled, { 'a/0': 0 }), settled);
      assert.equal(look(emptyQueue, {}), emptyQueue);
    });
  });

  describe('carries the members', () => {
    it('as of each event, and of no later one', () => {
      let queue = look(drain(looks({ 'a/0': 0, 'b/0': 0 })), { 'b/0': 0, 'c/0': 0 });
      const members: (readonly string[] | undefined)[] = [];
      while (queue.events.length > 0) {
        members.push(nextEvent(queue)?.members);
        queue = through(queue);
      }
      assert.deepEqual(members, [['b/0'], ['b/0', 'c/0'], ['b/0', 'c/0']]);
    });

    it('without one who came and went before anybody was told', () => {
      const queue = look(look(joined, { 'a/0': 0, 'b/0': 0 }), { 'b/0': 0 });
      assert.deepEqual(nextEvent(queue)?.members, ['b/0']);
    });

    it('and has no next event where nothing is queued', () => {
      assert.equal(nextEvent(emptyQueue), undefined);
      assert.equal(finish(emptyQueue), emptyQueue);
    });
  });

  describe('on leaving', () => {
    it('has every member that is known depart, and then breaks', () => {
      const queue = leave(drain(looks({ 'b/0': 0, 'a/0': 0 })));
      assert.equal(listed(queue), 'departed a/0, departed b/0, broken');
      assert.deepEqual(nextEvent(through(through(queue))), { event: { kind: 'broken' }, members: [] });
    });

    it('drops those who were never told of, and runs what has begun to its end', () => {
      assert.equal(listed(leave(joined)), 'broken');
      assert.equal(listed(leave(begin(joined))), 'joined a/0, departed a/0, broken');
    });

    it('breaks once, and looks no more', () => {
      const queue = leave(settled);
      assert.equal(leave(queue), queue);
      assert.equal(look(queue, { 'c/0': 0 }), queue);
      assert.equal(leave(drain(queue)).events.length, 0);
    });
  });

  describe('gives hooks a legal sequence', () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const unit = fc.constantFrom('a/0', 'a/1', 'a/10');
    const members: fc.Arbitrary<Step> = fc.record({
      do: fc.constantFrom('join' as const, 'change' as const, 'depart' as const),
      unit,
    });
    const agent: fc.Arbitrary<Step> = fc.record({
      do: fc.constantFrom(
        ...(['look', 'look', 'look', 'begin', 'begin', 'succeed', 'succeed'] as const),
        ...(['fail', 'retry', 'resolve', 'restart', 'reboot'] as const),
      ),
    });
    const steps = fc.array(fc.oneof(members, agent, agent), { maxLength: 60, size: 'max' });

    function holds(property: fc.IProperty<[Step[]]>): void {
      try {
        fc.assert(property, { seed, numRuns: 5_000, includeErrorInReport: true });
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
      }
    }

    it('that ends where the relation is, whatever happens in which order', () => {
      holds(
        fc.property(steps, (all) => {
          const simulation = new QueueSimulation();
          for (const step of all) simulation.step(step);
          simulation.settle();
        }),
      );
    });

    it('that ends with departed for all and broken where the unit leaves, at whatever moment', () => {
      holds(
        fc.property(
          fc
            .tuple(steps, steps)
            .map(([before, after]): Step[] => [...before, { do: 'leave' }, ...after, { do: 'leave' }]),
          (all) => {
            const simulation = new QueueSimulation();
            for (const step of all) simulation.step(step);
            simulation.settle();
          },
        ),
      );
    });

    it('that is (joined changed+ departed)* for each unit, as a regular expression says', () => {
      const ended = /^((j c )(c )*(d ))*((j c )(c )*)?$/;
      holds(
        fc.property(steps, (all) => {
          const simulation = new QueueSimulation();
          for (const step of all) simulation.step(step);
          simulation.settle();
          for (const name of ['a/0', 'a/1', 'a/10']) {
            const mine = simulation
              .log()
              .filter((line) => line.endsWith(` ${name}`))
              .map((line) => `${line[0]} `);
            assert.match(mine.join(''), ended);
          }
        }),
      );
    });

    it('that tells nobody anything where the agent looks only before and after', () => {
      const quiet = steps.map((all) => all.filter((step) => step.do !== 'look' && step.do !== 'leave'));
      holds(
        fc.property(quiet, (all) => {
          const simulation = new QueueSimulation();
          for (const step of all) simulation.step(step);
          assert.deepEqual(simulation.log(), []);
          simulation.settle();
          const expected = [...simulation.present.keys()].sort(compareUnits);
          assert.deepEqual(
            simulation.log(),
            expected.flatMap((name) => [`joined ${name}`, `changed ${name}`]),
          );
        }),
      );
    });
  });
});
