import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import { act } from '../state/coordination/embedded/acting.js';
import type { DeedRow } from './deed.js';
import { ends } from './outside-row.js';
import type { EngineName } from './row.js';
import { stages } from './stages.js';

/** A process stops (Ctrl-Z) in the middle of its write to the state; agents and readers go on, and wait to write. */
const stoppedWriter = ends(
  'embedded',
  'upgrade',
  'another writer of the state is stopped (SIGSTOP)',
  'in the hook',
  async ({ world, agent, ask, begun }) => {
    await agent();
    await ask();
    await begun('upgrade-formula');
    const writer = act('lock', world.state);
    try {
      await writer.said('locked');
      await world.openGate('hook');
      await eventually(() => {
        const words = `process ${writer.pid} (actor), which is stopped, has kept it locked`;
        assert.ok(world.log.some(({ message }) => message.includes(words)));
      });
      assert.equal((await world.unit()).status.state, 'upgrading', 'it is read all the same');
    } finally {
      writer.kill('SIGCONT');
      await writer.ended;
    }
  },
  { bodies: { 'upgrade-formula': 'gate hook' } },
);

/** The agent's own unit must be told of nobody's departure: the other one's agent was there all the time. */
const stoppedAgent = (engine: EngineName): DeedRow =>
  ends(
    engine,
    'relation',
    'the agent is stopped (SIGSTOP) until its session is ended',
    'while related',
    async ({ world, ask }) => {
      const process_ = await world.agentProcess();
      await ask();
      await eventually(async () =>
        assert.ok((await world.trace()).some((line) => line.startsWith('end db-relation-changed'))),
      );
      process.kill(process_.pid, 'SIGSTOP');
      await world.endSession();
      process.kill(process_.pid, 'SIGCONT');
      await process_.logged('a new one stands');
      await world.untilOn(stages.relation.after);
    },
  );

/** The cases in which a process stands still: the agent, or another one that holds what it needs. */
export const stoppedRows: readonly DeedRow[] = [
  stoppedWriter,
  stoppedAgent('embedded'),
  stoppedAgent('zookeeper'),
];
