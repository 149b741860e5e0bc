import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addUnits } from '../../control/deploy/add-units.js';
import { driveRollout, type SeenRollout } from '../../control/rollout/drive.js';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { paths } from '../../state/model/paths.js';
import { beginRollout } from '../../state/model/rollout.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { createService } from '../../state/model/services.js';
import { unitSchema } from '../../state/model/unit-schemas.js';
import { systemClock } from '../../state/platform/clock.js';
import { FakeAgent } from '../cli/fake-agent.js';

const [before, after] = ['principia:web-1', 'principia:web-2'];
const UNITS = 40;

describe('a wave of a rollout', () => {
  let directory: string;
  let coordinator: Coordinator;
  let agent: FakeAgent;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-wave-'));
    coordinator = await openCoordinator(`embedded:${directory}`);
    await bootstrapTree(coordinator);
    agent = await (await new FakeAgent(coordinator).register()).up();
    await createService(
      coordinator,
      'web',
      { formula: before, repository: { name: 'principia', path: '/p' } },
      {},
    );
    await addUnits(coordinator, 'web', UNITS, '2026-01-01T00:00:00.000Z');
    await coordinator.transaction((await Promise.all(names().map(running))).flat());
    await begin({ strategy: 'rolling', 'max-parallel': '1', 'min-healthy': '0s' });
  });

  afterEach(async () => {
    await coordinator.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  });

  function names(): readonly string[] {
    return Array.from({ length: UNITS }, (_, index) => `web/${index}`);
  }

  async function running(name: string): Promise<readonly Operation[]> {
    const unit = await readEntity(coordinator, paths.unit(name), unitSchema);
    const status = { state: 'started', since: '2026-01-01T00:00:00.000Z', message: '' };
    return [
      {
        kind: 'set',
        path: paths.unit(name),
        value: nodeValue({ ...unit?.value, formula: before, machine: 'm0' }),
      },
      { kind: 'set', path: paths.status(name), value: nodeValue(status) },
    ];
  }

  async function begin(parameters: Readonly<Record<string, string>>): Promise<void> {
    const at = new Date().toISOString();
    const { operations } = beginRollout('web', undefined, {
      ...{ from: before, to: after, revertTo: before, by: 'ann@host', parameters },
      ...{ requestedAt: at, state: 'running', stateSince: at, countedFrom: at },
    });
    const service = await readEntity(coordinator, paths.service('web'), serviceSchema);
    const value = nodeValue({ ...service?.value, formula: after });
    await coordinator.transaction([...operations, { kind: 'set', path: paths.service('web'), value }]);
  }

  /** Drives to the end, with an agent that upgrades what is asked. @returns nodes of units that were read by each driver */
  async function drive(drivers: number): Promise<readonly number[]> {
    const read = Array.from({ length: drivers }, () => 0);
    const taken = new Set<string>();
    await new Promise<void>((resolve, reject) => {
      const driving = read.map((_, index) => {
        const counting = new Proxy(coordinator, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name);
            if (typeof value !== 'function') return value;
            return (...args: readonly unknown[]): unknown => {
              const [asked] = args;
              if (name === 'getMany' && Array.isArray(asked))
                read[index] = (read[index] ?? 0) + asked.filter((path) => path.startsWith('/units/')).length;
              return value.apply(target, args);
            };
          },
        });
        const seen = (found: SeenRollout | undefined): void => {
          if (found === undefined) return;
          if (found.rollout.state === 'done') {
            for (const driver of driving) driver.end();
            resolve();
          }
          for (const { unit, standing } of found.decision.units) {
            if (standing !== 'asked' || taken.has(unit.name)) continue;
            taken.add(unit.name);
            agent.upgrade(unit.name, after).catch(reject);
          }
        };
        const patience = index === 0 ? 0 : 10_000;
        return driveRollout({ coordinator: counting, clock: systemClock, patience }, 'web', seen, reject);
      });
    });
    return read;
  }

  /** Some units are read every five seconds, whatever they are at; so it goes by time, and not by waves. */
  async function withRounds(drivers: number): Promise<{ read: readonly number[]; rounds: number }> {
    const begun = performance.now();
    const read = await drive(drivers);
    return { read, rounds: Math.ceil((performance.now() - begun) / 5_000) };
  }

  it('reads what changed, and is told of it at once, however many waves there are', async () => {
    const { read, rounds } = await withRounds(1);
    // All of them at the start and at the end, and each once it is through.
    const most = UNITS * 3 * (3 + 2 * rounds);
    assert.ok((read[0] ?? 0) <= most, `${read[0]} nodes were read, and not ${most}`);
  });

  it('costs one who drives beside another no more', async () => {
    const { read, rounds } = await withRounds(2);
    const most = UNITS * 3 * (6 + 2 * rounds);
    for (const nodes of read) assert.ok(nodes <= most, `${nodes} nodes were read, and not ${most}`);
  });
});
