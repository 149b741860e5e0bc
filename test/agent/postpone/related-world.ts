import assert from 'node:assert/strict';
import type { RunningAgent } from '../../../agent/agent.js';
import { addRelation } from '../../../control/relate/add-relation.js';
import type { Blocker } from '../../../state/model/blocker.js';
import { parseEndpointName } from '../../../state/model/endpoints.js';
import { ASKED, paths, WORD } from '../../../state/model/paths.js';
import { systemClock } from '../../../state/platform/clock.js';
import { eventually } from '../../eventually.js';
import { ensemble } from '../operator.js';
import { type FormulaOptions, requester, World } from '../world.js';

export const one = 'world:f-1';
export const two = 'world:f-2';

/** A formula that may be on both sides of a relation, and whose hook `upgrade-pending` speaks to others' upgrades alone. */
export function relatable(revision: number, body?: string): FormulaOptions {
  const metadata = `name: f\nrevision: ${revision}\nsummary: s\nprovides: {srv: thing}\nrequires: {cli: thing}\npeers: {ring: peer}\n`;
  const pending = `[ "$ENSEMBLE_UPGRADE_UNIT" != "$ENSEMBLE_UNIT_NAME" ] || exit 0
echo "$ENSEMBLE_UPGRADE_UNIT $ENSEMBLE_FORMULA_TO" >>"$trace.asked"
env | grep -E "^ENSEMBLE_(UPGRADE|FORMULA_(FROM|TO))" | sort >"$trace.env"
${body ?? ''}`;
  return {
    files: { 'metadata.yaml': metadata },
    ...(body !== undefined && { hooks: { 'upgrade-pending': pending } }),
  };
}

/** `web/0` and `db/0`, which are related, and agents for them. */
export class RelatedWorld {
  /** Milliseconds by which agents' wall clock is ahead. */
  ahead = 0;
  relation = '';

  private constructor(readonly world: World) {}

  static async open(environment: Parameters<typeof World.open>[0] = {}): Promise<RelatedWorld> {
    return new RelatedWorld(await World.open(environment));
  }

  readonly clock: typeof systemClock = {
    now: () => systemClock.now() + this.ahead,
    monotonic: () => systemClock.monotonic(),
    after: (ms, callback) => systemClock.after(ms, callback),
  };

  /** Deploys and relates both, on these machines, and waits until they have met. @param body of their hook */
  async begin(
    body: string,
    {
      units = 1,
      machines = ['m0', 'm0'],
    }: { readonly units?: number; readonly machines?: readonly [string, string] } = {},
  ): Promise<readonly RunningAgent[]> {
    const { world } = this;
    await world.publish(1, relatable(1, body));
    await world.publish(2, relatable(2, body));
    const agents: RunningAgent[] = [];
    for (const machine of new Set(machines)) agents.push(await this.agent(machine));
    await world.deploy(one, units, 'web', machines[0]);
    await world.deploy(one, 1, 'db', machines[1]);
    const names = [parseEndpointName('web:cli'), parseEndpointName('db:srv')] as const;
    this.relation = (await addRelation(world.coordinator, names, requester.requestedAt)).number;
    for (const unit of ['web/0', 'db/0'])
      await eventually(async () => {
        const { status } = await this.world.unit(unit);
        assert.deepEqual([status.state, Object.keys(status.relations ?? {}).length], ['started', 2]);
      }, 60_000);
    await eventually(async () => {
      const members = await this.world.coordinator.children(`${paths.relation(this.relation)}/members`);
      assert.deepEqual(members?.length, units + 1);
    }, 60_000);
    return agents;
  }

  agent(machine = 'm0'): Promise<RunningAgent> {
    return this.world.agent({ machine, clock: this.clock });
  }

  upgrade(formula = two, force = false): Promise<void> {
    return this.world.upgrade(formula, ['web/0'], force, 'web');
  }

  /** About which upgrades `db/0` was asked, each as often as its hook ran. */
  async asked(unit = 'db-0'): Promise<readonly string[]> {
    const text = await this.world.text(`${unit}.asked`).catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** Waits until `web/0` is held, and gives what holds it. */
  held(): Promise<Blocker> {
    return eventually(async () => {
      const { unit, status } = await this.world.unit('web/0');
      assert.equal(unit.formula, one);
      const [blocker] = status.upgrade?.blockers ?? [];
      assert.ok(
        blocker?.kind === 'held' && / holds its upgrade/.test(blocker.reason),
        JSON.stringify(blocker),
      );
      return blocker;
    }, 60_000);
  }

  /** Waits until nothing stands in the tree of what was asked and answered. */
  async cleared(): Promise<void> {
    await eventually(async () => {
      for (const unit of ['web/0', 'db/0']) {
        const names = (await this.world.coordinator.children(paths.unit(unit))) ?? [];
        assert.deepEqual(
          names.filter((name) => name.startsWith(ASKED) || name.startsWith(WORD)),
          [],
        );
      }
    }, 60_000);
  }

  async command(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await ensemble(this.world, ...words);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  close(): Promise<void> {
    return this.world.close();
  }
}
