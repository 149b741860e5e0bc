import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { queryObjects } from 'node:v8';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { eventually } from '../eventually.js';
import { type Counted, countingOpen } from '../scale/counting-coordinator.js';
import type { ZookeeperServer } from '../servers/zookeeper.js';
import { type Holdings, holdings, unitsInMemory } from './holdings.js';
import { requester, World } from './world.js';

const EVENTS = ['joined', 'changed', 'departed', 'broken'];

/** A machine on which `keep/0` stays, and lives beside it come and go. */
export class ManyLives {
  readonly #counted: Counted = { reads: 0, writes: 0, observing: 0 };
  #revision = 1;
  readonly #server: ZookeeperServer | undefined;
  /** Units that tests before this one, in the same process, left in memory. */
  readonly #others: number;

  private constructor(
    readonly world: World,
    server: ZookeeperServer | undefined,
    others: number,
  ) {
    this.#server = server;
    this.#others = others;
  }

  static async open(server?: ZookeeperServer): Promise<ManyLives> {
    const state = server === undefined ? {} : { state: `zookeeper://${server.address}/lives${Date.now()}` };
    const lives = new ManyLives(await World.open(state), server, unitsInMemory());
    const one = await lives.#publish();
    await lives.world.agent({ open: countingOpen(lives.#counted) });
    await lives.world.deploy(one, 1, 'keep');
    await lives.world.untilOn(one, 'keep/0');
    return lives;
  }

  /** A service is deployed, related, and destroyed again. */
  async deployAndDestroy(): Promise<void> {
    const { world } = this;
    const [unit = ''] = await world.deploy(`world:f-${this.#revision - 1}`, 1, 'f');
    const pair = [parseEndpointName('f:cli'), parseEndpointName('keep:srv')] as const;
    await addRelation(world.coordinator, pair, requester.requestedAt, requester);
    await world.until('started', unit);
    const related = async (name: string): Promise<readonly string[]> =>
      Object.keys((await world.unit(name)).status.relations ?? {});
    await eventually(async () => {
      assert.equal((await related(unit)).length, 1);
      assert.equal((await related('keep/0')).length, 1);
    });
    await destroyService(world.coordinator, 'f', { ...requester, purge: true });
    await eventually(async () => {
      assert.equal(await world.coordinator.get(paths.service('f')), undefined);
      assert.deepEqual(await related('keep/0'), []);
    }, 60_000);
  }

  /** `keep/0` goes to one more revision. */
  async upgrade(): Promise<void> {
    const formula = await this.#publish();
    await this.world.upgrade(formula, ['keep/0'], false, 'keep');
    await this.world.untilOn(formula, 'keep/0');
  }

  /** What is held once what is to be removed later is gone. */
  async settled(): Promise<Holdings> {
    await this.#cleared();
    let observed = Number.NaN;
    return eventually(async () => {
      const held = await this.#holdings();
      const before = observed;
      observed = held.observing;
      assert.ok(held.units <= this.#others + 1, `${held.units} units are in memory`);
      // A unit whose end is on record may still be letting go.
      assert.equal(held.observing, before, 'observations come and go');
      return held;
    }, 60_000);
  }

  /** The agent removes old formulas when nothing else goes on, which collecting all garbage again and again is not. */
  async #cleared(): Promise<void> {
    await eventually(async () => {
      const formulas = await readdir(this.world.unitPath('keep/0', '.formula'));
      assert.deepEqual(
        formulas.filter((name) => name.startsWith('.removed-')),
        [],
      );
    }, 120_000);
  }

  /** Bytes of the heap that are in use once all garbage is collected, without what this test itself keeps. */
  heap(): number {
    this.world.log.length = 0;
    queryObjects(World, { format: 'count' });
    return process.memoryUsage().heapUsed;
  }

  /** The nodes of records of units that are gone. */
  async histories(): Promise<number> {
    return (await this.world.coordinator.children(paths.serviceHistory('f')))?.length ?? 0;
  }

  /** Waits until no more is held than before. @throws what there is more, where that stays so */
  async backTo(before: Holdings): Promise<void> {
    await this.#cleared();
    await eventually(async () => {
      const now = await this.#holdings();
      const { observing, units } = now;
      assert.equal(observing, before.observing);
      assert.ok(units <= before.units, `${units - before.units} units more are in memory`);
      for (const kind of ['watches', 'resources', 'files', 'nodes'] as const)
        assert.deepEqual(more(now[kind], before[kind]), [], `${kind} that are left`);
    }, 60_000);
  }

  #holdings(): Promise<Holdings> {
    return holdings(this.world, this.#counted, () => this.#watched());
  }

  close(): Promise<void> {
    return this.world.close();
  }

  async #watched(): Promise<readonly string[]> {
    const answer = (await this.#server?.ask('wchp')) ?? '';
    return answer.split('\n').filter((line) => line.startsWith('/'));
  }

  async #publish(): Promise<string> {
    const revision = this.#revision;
    const hooks = ['srv', 'cli'].flatMap((name) => EVENTS.map((event) => [`${name}-relation-${event}`, ':']));
    const metadata = `name: f\nrevision: ${revision}\nprovides: {srv: thing}\nrequires: {cli: thing}\n`;
    const formula = await this.world.publish(revision, {
      hooks: Object.fromEntries(hooks),
      files: { 'metadata.yaml': metadata },
    });
    this.#revision += 1;
    return formula;
  }
}

/** What a list has that another does not have, or not as often. */
function more(now: readonly string[], before: readonly string[]): readonly string[] {
  const left = [...before];
  return now.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
