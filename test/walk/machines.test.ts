import { rm } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { Walk } from './walk.js';

describe('out of the trouble with a machine, by what is printed', () => {
  let walk: Walk;
  beforeEach(async () => {
    walk = await Walk.open();
  });
  afterEach(() => walk.close());

  /** As after a while: its session is over. */
  async function dies(agent: AgentProcess, machine: string): Promise<void> {
    await agent.kill();
    await walk.world.coordinator.remove(paths.agent(machine));
  }

  it('whose agent is down', async () => {
    const agent = await walk.world.agentProcess();
    await walk.running(2);
    await walk.formula(2);
    await dies(agent, 'm0');
    await walk.meets('ensemble upgrade-formula f', 1);
    await walk.meets('ensemble status');
    await walk.starts(/ensemble-agent .*--machine m0 .*/);
    await walk.untilFine(['f/0', 'f/1'], 'world:f-2');
  });

  it('that is lost for good', async () => {
    await walk.world.agentProcess('m0');
    const lost = await walk.world.agentProcess('m1');
    await walk.running(4);
    await dies(lost, 'm1');
    await rm(walk.world.path('machines', 'm1'), { recursive: true, maxRetries: 10 });
    await walk.meets('ensemble status');
    await walk.follows(/ensemble remove-machine --force m1/, { code: 2 });
    await walk.again('--yes');
    await walk.follows(/ensemble add-unit -n 2 f/);
    await walk.untilFine(['f/0', 'f/2', 'f/4', 'f/5']);
  });
});
