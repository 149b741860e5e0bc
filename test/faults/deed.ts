import assert from 'node:assert/strict';
import type { AgentOptions } from '../../agent/options.js';
import type { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import type { TcpProxy } from '../servers/tcp-proxy.js';
import type { ZookeeperServer } from '../servers/zookeeper.js';
import type { Bodies } from './formulas.js';
import { observeUnit } from './observer.js';
import { assertRow, follow, settled } from './point-case.js';
import type { Row } from './row.js';
import type { S3Scene } from './s3-storage.js';
import { UNIT } from './life.js';
import { stages } from './stages.js';

/** What a deed has at hand. */
export interface Scene {
  readonly world: World;
  /** Has the stage's operator ask. */
  ask(): Promise<void>;
  /** Waits until a hook of this name has begun. */
  begun(hook: string): Promise<void>;
  /** Starts the agent in the tests' process, with the row's options. */
  agent(): Promise<void>;
  /** Between the agent and the coordinator, where that is ZooKeeper. */
  readonly proxy: TcpProxy | undefined;
  readonly server: ZookeeperServer | undefined;
  /** Where the storage is S3. */
  readonly storage: S3Scene | undefined;
}

/** A row whose fault is something that the test does itself. */
export interface DeedRow extends Row {
  /** What the formulas' hooks do. */
  readonly bodies?: Bodies;
  readonly options?: Partial<AgentOptions>;
  /** A directory unless given. */
  readonly storage?: 's3';
  /** The fault is ZooKeeper's own, and no other case may meet it. */
  readonly ownServer?: boolean;
  /** More formulas that the unit may end on. */
  readonly formulas?: readonly string[];
  /** Asks, and does what is to be done before, meanwhile and after. */
  deed(scene: Scene): Promise<void>;
}

/** What a case has besides its world. */
export interface Engine {
  readonly server?: ZookeeperServer;
  readonly proxy?: TcpProxy;
  /** The coordinator's URL by way of the proxy. */
  readonly state?: string;
  readonly storage?: S3Scene;
}

/** Runs one case in a world of its own, and checks its row and the four invariants. */
export async function runDeed(world: World, row: DeedRow, engine: Engine): Promise<void> {
  const stage = stages[row.stage];
  await stage.prepare(world, row.bodies ?? {});
  engine.storage?.about(world.path(`f-${(stage.after ?? stage.before)?.at(-1)}.tar.gz`));
  const observer = observeUnit(world, UNIT, stage.before);
  const environment = {
    name: 'world',
    state: engine.state ?? world.state,
    storage: engine.storage?.proxied ?? world.storage,
    ...(world.secret !== undefined && { secret: world.secret }),
  };
  try {
    await row.deed({
      world,
      ask: () => stage.ask(world),
      begun: (hook) =>
        eventually(async () => {
          const lines = await world.trace();
          assert.ok(
            lines.slice(stage.before === null ? 0 : 1).some((line) => line.startsWith(`begin ${hook} `)),
          );
        }, 20_000),
      agent: async () => {
        await world.agent({ environment, random: () => 0, ...row.options });
      },
      proxy: engine.proxy,
      server: engine.server,
      storage: engine.storage,
    });
    await follow(world, row);
    await settled(world, row);
    await assertRow(world, row, observer, row.formulas);
  } finally {
    observer.close();
  }
}
