import { flagUnits } from '../../control/upgrade/flag-units.js';
import { editService } from '../../state/model/services.js';
import { requester, type World } from '../agent/world.js';
import type { DeedRow } from './deed.js';
import { tracingFormula } from './formulas.js';
import { ends } from './outside-row.js';
import type { EngineName } from './row.js';
import { ONE, TWO, UNIT } from './life.js';
import { stages } from './stages.js';

const LIVED = stages.install.hooks;
const THREE = 'world:f-3';

/** Publishes revision 3 and points the unit there. */
async function askForThree(world: World): Promise<void> {
  await world.publish(3, tracingFormula(world, 3));
  await editService(world.coordinator, 'f', (service) => ({ ...service, formula: THREE }));
  await flagUnits(world.coordinator, [UNIT], requester);
}

const onThree = { disk: THREE, tree: THREE, formulas: [THREE] } as const;

/** The cases in which operators ask for several things at once. */
export const operatorRows = (engine: EngineName): readonly DeedRow[] => [
  ends(engine, 'upgrade', 'two operators upgrade at once', 'the same formula', async ({ agent, ask }) => {
    await agent();
    await Promise.all([ask(), ask()]);
  }),
  ends(
    engine,
    'upgrade',
    'the formula is changed again',
    'in the hook',
    async ({ world, agent, ask, begun }) => {
      await agent();
      await ask();
      await begun('upgrade-formula');
      await askForThree(world);
      await world.openGate('hook');
    },
    {
      ...onThree,
      hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2', 'upgrade-formula 3', 'config-changed 3'],
      bodies: { 'upgrade-formula': 'gate hook' },
    },
  ),
  ends(
    engine,
    'upgrade',
    'the formula is changed again',
    'in the hook, and the agent is killed',
    async ({ world, agent, ask, begun }) => {
      const mortal = await world.agentProcess();
      await ask();
      await begun('upgrade-formula');
      await askForThree(world);
      await mortal.kill();
      await world.openGate('hook');
      await agent();
    },
    {
      ...onThree,
      hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2', 'upgrade-formula 3', 'config-changed 3'],
      bodies: { 'upgrade-formula': 'gate hook' },
    },
  ),
  ends(
    engine,
    'upgrade',
    'the config is changed',
    'in the hook',
    async ({ world, agent, ask, begun }) => {
      await agent();
      await ask();
      await begun('upgrade-formula');
      await stages.config.ask(world);
      await world.openGate('hook');
    },
    { bodies: { 'upgrade-formula': 'gate hook' } },
  ),
  ends(
    engine,
    'upgrade',
    'the upgrade hook fails and is to go back by itself',
    'upgrade-formula',
    async ({ world, agent }) => {
      await agent();
      await editService(world.coordinator, 'f', (service) => ({ ...service, previous: ONE, formula: TWO }));
      await flagUnits(world.coordinator, [UNIT], { ...requester, revertOnError: true });
    },
    {
      disk: ONE,
      tree: ONE,
      hooks: [...LIVED, 'upgrade-formula 2', 'revert-formula 1', 'config-changed 1'],
      bodies: { 'upgrade-formula': 'exit 4' },
    },
  ),
  ends(
    engine,
    'upgrade',
    'the operator goes back',
    'in the error of the upgrade hook',
    async ({ world, agent, ask }) => {
      await agent();
      await ask();
      await world.until('upgrade-error');
      await stages.revert.ask(world);
    },
    {
      disk: ONE,
      tree: ONE,
      hooks: [...LIVED, 'upgrade-formula 2', 'revert-formula 1', 'config-changed 1'],
      bodies: { 'upgrade-formula': 'exit 4' },
    },
  ),
];
