import assert from 'node:assert/strict';
import fc from 'fast-check';
import { policyText, type WrittenPolicy } from '../../../state/model/upgrade-policy.js';
import type { WatcherFingerprint } from '../../../state/model/watcher.js';
import { act, type Ports } from '../../../watcher/core/act.js';
import { decide } from '../../../watcher/core/decide.js';
import { type Offer, seen } from './seeing.js';

/** A kill, or a receiver that is down: the port that is asked next does its work and does not say so, or does nothing. */
type Fault = 'none' | 'before' | 'after';

/** One thing that happens to a service. */
type Event =
  | { readonly kind: 'heads'; readonly offers: readonly Offer[] }
  | { readonly kind: 'away' }
  | { readonly kind: 'policy'; readonly policy: WrittenPolicy }
  | { readonly kind: 'forget' }
  /** A pass, whose ports fail at these places. */
  | { readonly kind: 'pass'; readonly faults: readonly Fault[] };

const NOW = Date.UTC(2026, 10, 29, 12);

/** A service, whoever is told of it, and what the watcher keeps. */
class Model {
  offers: readonly Offer[] | { readonly why: string } = [];
  policy: WrittenPolicy = { mode: 'notify' };
  deployed = 1;
  stored: WatcherFingerprint | undefined;
  /** What receivers have, by id: what comes twice with one id is one. */
  readonly received = new Map<string, number>();
  readonly staged = new Set<string>();
  readonly begun: string[] = [];
  /** Announcements that were acknowledged, by id. */
  readonly acknowledged = new Map<string, number>();
  forgotten = 0;

  apply(event: Event): Promise<void> {
    if (event.kind === 'heads') this.offers = event.offers;
    if (event.kind === 'away') this.offers = { why: 'away' };
    if (event.kind === 'policy') this.policy = event.policy;
    if (event.kind === 'forget') {
      this.stored = undefined;
      this.forgotten += 1;
    }
    return event.kind === 'pass' ? this.pass(event.faults) : Promise.resolve();
  }

  async pass(faults: readonly Fault[]): Promise<void> {
    let step = 0;
    const failing = async (work: () => void): Promise<void> => {
      const fault = faults[step++] ?? 'none';
      if (fault === 'before') throw new Error('before');
      work();
      if (fault === 'after') throw new Error('after');
    };
    const ports: Ports = {
      announce: (id) =>
        failing(() => this.received.set(id, (this.received.get(id) ?? 0) + 1)).then(() => {
          this.acknowledged.set(id, (this.acknowledged.get(id) ?? 0) + 1);
        }),
      stage: ({ formula }) => failing(() => this.staged.add(formula)),
      begin: ({ formula, revision }) =>
        failing(() => {
          this.begun.push(formula);
          this.deployed = revision;
        }),
      store: (done) =>
        failing(() => {
          this.stored = done;
        }),
      now: () => NOW,
    };
    const looked = seen(this.offers, this.policy, { deployed: this.deployed });
    await act(decide(looked, this.stored, NOW), this.stored, ports).catch((error: Error) => {
      if (error.message !== 'before' && error.message !== 'after') throw error;
    });
  }

  /** Passes that nothing disturbs, until they do nothing any more. */
  async settle(): Promise<void> {
    for (let pass = 0; pass < 5; pass += 1) await this.pass([]);
  }

  /** What all of it came to. */
  end() {
    const { deployed, policy, stored, offers } = this;
    const fingerprint = decide(seen(offers, policy, { deployed }), stored, NOW).fingerprint;
    return {
      deployed,
      isTold: fingerprint === undefined || this.#isTold(fingerprint),
      policy: policyText(policy),
    };
  }

  #isTold(fingerprint: string): boolean {
    const { announce } = decide(seen(this.offers, this.policy, { deployed: this.deployed }), undefined, NOW);
    return !announce || this.received.has(fingerprint);
  }
}

const offer = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom('e', 'q', 'b', 'i'), fc.constantFrom('', 'u'))
  .map(([revision, kind, urgent]): Offer => `${revision}${kind as 'e'}${urgent as ''}`);
const offers = fc.uniqueArray(offer, { selector: (each) => Number.parseInt(each, 10), maxLength: 4 });
const policy = fc.record({
  mode: fc.constantFrom('off', 'notify', 'stage', 'auto'),
  lines: fc.constantFrom('same', 'any'),
});
const fault: fc.Arbitrary<Fault> = fc.constantFrom('none', 'none', 'before', 'after');
const event: fc.Arbitrary<Event> = fc.oneof(
  offers.map((each): Event => ({ kind: 'heads', offers: each })),
  fc.constant<Event>({ kind: 'away' }),
  policy.map((each): Event => ({ kind: 'policy', policy: each })),
  fc.array(fault, { maxLength: 5 }).map((faults): Event => ({ kind: 'pass', faults })),
);

describe('whatever happens to what the watcher watches', function () {
  this.timeout(120_000);

  it('it ends as one ends who only saw the end of it, as far as nothing was begun on the way', async () =>
    fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
        const [disturbed, calm] = [new Model(), new Model()];
        for (const each of events) await disturbed.apply(each);
        calm.offers = disturbed.offers;
        calm.policy = disturbed.policy;
        // What was begun on the way stays.
        calm.deployed = disturbed.deployed;
        await Promise.all([disturbed.settle(), calm.settle()]);
        assert.deepEqual(disturbed.end(), calm.end());
        assert.equal(disturbed.end().isTold, true);
      }),
    ));

  it('nothing is announced twice with one id once that was acknowledged and stored, and no revision is begun twice', async () =>
    fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
        const model = new Model();
        // Without the faults: what was acknowledged is stored.
        for (const each of events) await model.apply(each.kind === 'pass' ? { ...each, faults: [] } : each);
        await model.settle();
        for (const [id, count] of model.received) assert.equal(count, 1, id);
        assert.equal(new Set(model.begun).size, model.begun.length);
      }),
    ));

  it('a kill loses no announcement, and has none twice but by the id that its receiver knows', async () =>
    fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
        const model = new Model();
        for (const each of events) await model.apply(each);
        await model.settle();
        assert.equal(new Set(model.begun).size, model.begun.length, 'no revision is begun twice');
        const told = model.stored?.announced ?? [];
        for (const id of told) assert.ok(model.received.has(id), 'what is stored was received');
      }),
    ));

  it('forgetting all fingerprints only announces again', async () =>
    fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 15 }), async (events) => {
        const model = new Model();
        for (const each of events) await model.apply(each);
        await model.settle();
        const before = { ...model.end(), begun: [...model.begun], ids: [...model.received.keys()] };
        await model.apply({ kind: 'forget' });
        await model.settle();
        assert.deepEqual(
          { ...model.end(), begun: [...model.begun], ids: [...model.received.keys()] },
          before,
        );
      }),
    ));
});
