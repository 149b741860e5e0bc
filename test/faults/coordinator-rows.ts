import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import type { DeedRow, Scene } from './deed.js';
import { ends } from './outside-row.js';

/** What may happen to the coordinator, and how it ends. */
const coordinatorFaults: Readonly<Record<string, (scene: Scene) => Promise<() => Promise<void> | void>>> = {
  'the coordinator is gone': async ({ proxy }) => {
    await proxy?.refuse();
    return () => proxy?.listen();
  },
  'the coordinator goes mute': async ({ proxy }) => {
    proxy?.mute();
    return () => proxy?.unmute();
  },
  'the connection breaks': async ({ proxy }) => {
    proxy?.drop();
    return () => undefined;
  },
  ...Object.fromEntries(
    [1, 3, 5, 20, 40, 100, 300].map((bytes) => [
      `the connection breaks ${bytes} bytes into an answer`,
      async ({ proxy }: Scene) => {
        proxy?.cutAfter(bytes);
        return () => undefined;
      },
    ]),
  ),
  'the session is ended': async ({ world }) => {
    await world.endSession();
    return () => undefined;
  },
};

const moments: Readonly<
  Record<string, (scene: Scene, happen: () => Promise<() => Promise<void> | void>) => Promise<void>>
> = {
  'before it is asked': async (scene, happen) => {
    await scene.agent();
    const end = await happen();
    await scene.ask();
    await scene.world.openGate('hook');
    await end();
  },
  'in the hook': async (scene, happen) => {
    await scene.agent();
    await scene.ask();
    await scene.begun('upgrade-formula');
    const end = await happen();
    await scene.world.openGate('hook');
    // The hook finishes without the coordinator.
    await eventually(async () =>
      assert.ok((await scene.world.trace()).some((line) => line.startsWith('end upgrade-formula'))),
    );
    await end();
  },
};

/** Waits until the agent has noticed that nobody answers. */
function noticed({ world }: Scene): Promise<void> {
  return eventually(
    () => assert.ok(world.log.some(({ message }) => message.startsWith('the coordinator is away'))),
    60_000,
  );
}

/** A server that is stopped (SIGSTOP) keeps its connections, and comes back with its clock gone on. */
const stopped: Readonly<Record<string, DeedRow['deed']>> = {
  'before it is asked': async (scene) => {
    await scene.agent();
    scene.server?.pause();
    try {
      await noticed(scene);
    } finally {
      scene.server?.resume();
    }
    await scene.ask();
    await scene.world.openGate('hook');
  },
  'in the hook': async (scene) => {
    await scene.agent();
    await scene.ask();
    await scene.begun('upgrade-formula');
    scene.server?.pause();
    try {
      await scene.world.openGate('hook');
      await eventually(async () =>
        assert.ok((await scene.world.trace()).some((line) => line.startsWith('end upgrade-formula'))),
      );
      await noticed(scene);
    } finally {
      scene.server?.resume();
    }
  },
};

const faultRows: readonly DeedRow[] = Object.entries(coordinatorFaults).flatMap(([fault, happen]) =>
  Object.entries(moments).map(([where, at]) =>
    ends('zookeeper', 'upgrade', fault, where, (scene) => at(scene, () => happen(scene)), {
      bodies: { 'upgrade-formula': 'gate hook' },
    }),
  ),
);

/** The cases whose fault is the coordinator's, or on the way to it. */
export const coordinatorRows: readonly DeedRow[] = [
  ...faultRows,
  ...Object.entries(stopped).map(([where, deed]) =>
    ends('zookeeper', 'upgrade', 'the coordinator is stopped (SIGSTOP)', where, deed, {
      bodies: { 'upgrade-formula': 'gate hook' },
      ownServer: true,
    }),
  ),
];
