import type { DeedRow, Scene } from './deed.js';
import { ends } from './outside-row.js';
import type { EngineName } from './row.js';
import { type Wait, waits } from './waiting-stages.js';

type Fault = (scene: Scene, wait: Wait) => Promise<void>;

/** Something happens to the unit's own agent, and the wait ends when the next one is there. */
const ofAgent =
  (signal: NodeJS.Signals): Fault =>
  async ({ world, agent }, { begin, end }) => {
    const first = await world.agentProcess();
    await begin(world);
    await first.kill(signal);
    await agent();
    await end(world);
  };

const agentFaults: Readonly<Record<string, Fault>> = {
  'the agent is killed': ofAgent('SIGKILL'),
  'the agent is stopped (SIGTERM)': ofAgent('SIGTERM'),
  'the agent is killed, and the wait ends before the next one comes': async (
    { world, agent },
    { begin, end },
  ) => {
    const first = await world.agentProcess();
    await begin(world);
    await first.kill();
    await end(world);
    await agent();
  },
};

const coordinatorFaults: Readonly<Record<string, Fault>> = {
  'the coordinator is gone': async ({ world, agent, proxy }, { begin, end }) => {
    await agent();
    await begin(world);
    await proxy?.refuse();
    await end(world);
    await proxy?.listen();
  },
  'the connection breaks': async ({ world, agent, proxy }, { begin, end }) => {
    await agent();
    await begin(world);
    proxy?.drop();
    await end(world);
  },
  'the session is ended': async ({ world, agent }, { begin, end }) => {
    await agent();
    await begin(world);
    await world.endSession();
    await end(world);
  },
};

function rowsOn(
  engine: EngineName,
  faults: Readonly<Record<string, Fault>>,
  stages: readonly (keyof typeof waits)[],
): readonly DeedRow[] {
  return stages.flatMap((stage) =>
    Object.entries(faults).map(([fault, happen]) =>
      ends(engine, stage, fault, waits[stage].where, (scene) => happen(scene, waits[stage])),
    ),
  );
}

/** The cases in which something happens while a unit waits: for the others in lockstep, or for its own work. */
export const waitingRows: readonly DeedRow[] = [
  ...rowsOn('embedded', agentFaults, ['lockstep', 'lockstep back', 'busy']),
  ...rowsOn('zookeeper', { ...agentFaults, ...coordinatorFaults }, ['lockstep', 'busy']),
];
