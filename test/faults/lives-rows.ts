import { removeTree } from '../../control/remove/remove-environment.js';
import { bootstrapTree } from '../../state/model/layout.js';
import type { World } from '../agent/world.js';
import type { DeedRow } from './deed.js';
import { tracingFormula } from './formulas.js';
import { ends } from './outside-row.js';
import type { EngineName } from './row.js';
import { TWO } from './life.js';
import { stages } from './stages.js';

const FAULT = 'the environment is made anew, with a unit of the same name';

/** The one of before stops, and only then the other begins, on nothing of it. */
const APART = {
  hooks: [...stages.install.hooks, 'stop 1', 'install 2', 'config-changed 2', 'start 2'],
} as const;

/** Its only unit has the name of the one that is there, and another formula. */
async function makeAnew(world: World): Promise<void> {
  await removeTree(world.coordinator);
  await bootstrapTree(world.coordinator);
  await world.publish(2, tracingFormula(world, 2));
  await world.deploy(TWO);
}

const rows = (engine: EngineName): readonly DeedRow[] => [
  ends(
    engine,
    'upgrade',
    FAULT,
    'while the agent is up',
    async ({ world, agent }) => {
      await agent();
      await makeAnew(world);
    },
    APART,
  ),
  ends(
    engine,
    'upgrade',
    FAULT,
    'while the agent is down',
    async ({ world, agent }) => {
      await makeAnew(world);
      await agent();
    },
    { ...APART, options: { acceptState: true } },
  ),
  ends(
    engine,
    'upgrade',
    FAULT,
    'and the agent is killed in the hook that stops the one before',
    async ({ world, agent, begun }) => {
      const mortal = await world.agentProcess();
      await makeAnew(world);
      await begun('stop');
      await mortal.kill();
      await world.openGate('hook');
      await agent();
    },
    { ...APART, bodies: { stop: 'gate hook' } },
  ),
];

/** The cases in which a name is used by another life than the one that the machine has. */
export const livesRows: readonly DeedRow[] = [...rows('embedded'), ...rows('zookeeper')];
