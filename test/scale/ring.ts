import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { addRelation } from '../../control/relate/add-relation.js';
import { nodeOfUnit } from '../../state/model/paths.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { type FormulaOptions, requester, type World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** Every unit tells its place to those it serves, who note what they hear. */
const telling: FormulaOptions = {
  config: 'options: {place: {type: string, default: here}}\n',
  hooks: {
    'srv-relation-joined': 'relation-set place="$(config-get place)"',
    'config-changed':
      'for id in $(relation-ids srv); do relation-set -r "$id" place="$(config-get place)"; done',
    'cli-relation-changed':
      'place=$(relation-get place); [ -z "$place" ] || echo "$ENSEMBLE_REMOTE_UNIT $place" >>"$trace.heard"',
  },
};
const metadata = (revision: number): FormulaOptions => ({
  ...telling,
  files: {
    'metadata.yaml': `name: f\nrevision: ${revision}\nprovides: {srv: thing}\nrequires: {cli: thing}\n`,
  },
});

/**
 * Services s0, s1, …, of which each requires what the next one provides, and the last what the first does: as many
 * relations as services.
 */
export class Ring {
  constructor(
    readonly world: World,
    readonly size: number,
  ) {}

  publish(revision: number): Promise<string> {
    return this.world.publish(revision, metadata(revision));
  }

  async deploy(formula: string): Promise<void> {
    for (let at = 0; at < this.size; at += 1) await this.world.deploy(formula, 1, this.service(at));
  }

  async relateAll(): Promise<void> {
    for (let at = 0; at < this.size; at += 1) await this.relate(at);
  }

  async relate(at: number): Promise<void> {
    const names = [
      { service: this.service(at), relation: 'cli' },
      { service: this.service(at + 1), relation: 'srv' },
    ] as const;
    await addRelation(this.world.coordinator, names, requester.requestedAt);
  }

  service(at: number): string {
    return `s${at % this.size}`;
  }

  unit(at: number): string {
    return `${this.service(at)}/0`;
  }

  async setPlace(at: number, place: string): Promise<void> {
    await setConfigValues(this.world.coordinator, this.service(at), { place });
  }

  /** Waits until the unit heard from the next one where that is. */
  async hears(at: number, place: string, within?: number): Promise<void> {
    const words = `${this.unit(at + 1)} ${place}`;
    await eventually(() => assert.equal(this.#lines(at).at(-1), words), within);
  }

  /** Whether the unit ever heard so, as `UNIT PLACE`. */
  hasHeard(at: number, words: string): boolean {
    return this.#lines(at).includes(words);
  }

  #lines(at: number): readonly string[] {
    const file = this.world.path('trace', `${nodeOfUnit(this.unit(at))}.heard`);
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  }

  /** Waits until every unit did. */
  async allHear(place: string, within: number): Promise<void> {
    const end = performance.now() + within;
    for (let at = 0; at < this.size; at += 1) await this.hears(at, place, end - performance.now());
  }

  /** Waits until every unit is started, with both of its relations up. */
  async allUp(within: number): Promise<void> {
    const end = performance.now() + within;
    for (let at = 0; at < this.size; at += 1)
      await eventually(async () => {
        const { status } = await this.world.unit(this.unit(at));
        assert.equal(status.state, 'started', this.unit(at));
        const states = Object.values(status.relations ?? {}).map(({ state }) => state);
        assert.deepEqual(states, ['up', 'up'], this.unit(at));
      }, end - performance.now());
  }
}
