import { flagUnits } from '../../control/upgrade/flag-units.js';
import { editService } from '../../state/model/services.js';
import { requester, type World } from '../agent/world.js';
import { type Bodies, tracingFormula } from './formulas.js';

/** The unit that everything happens to, on machine `m0`; `g/0` on `m1` is what it is related to. */
export const UNIT = 'f/0';
export const ONE = 'world:f-1';
export const TWO = 'world:f-2';

/** What an operator wants of the unit in one part of its life, and how an undisturbed run ends. */
export interface Stage {
  readonly name: string;
  /** Brings the unit to where the stage begins; agents are those of the tests' process, and gone afterwards. */
  prepare(world: World, bodies: Bodies): Promise<void>;
  ask(world: World): Promise<void>;
  /** The formula the unit has before and after; null for none. */
  readonly before: string | null;
  readonly after: string | null;
  /** The hooks of an undisturbed run. */
  readonly hooks: readonly string[];
  /** Hooks that run again and again: their first run alone counts. */
  readonly repeated?: readonly string[];
  /** Whether the unit is related to another one. */
  readonly related: boolean;
  /** Waits for what comes of it besides; also where the unit itself is through. */
  settles?(world: World): Promise<void>;
}

/** The hooks of a unit that came to life. */
export const LIVED = ['install 1', 'config-changed 1', 'start 1'];
/** Publishes revision 1. */
export async function deploy(world: World, bodies: Bodies): Promise<void> {
  await world.publish(1, tracingFormula(world, 1, bodies));
}

/** Has an agent of the tests' own process bring the unit to life, and then do what else is wanted. */
export async function live(
  world: World,
  bodies: Bodies,
  more: () => Promise<void> = async () => {},
  boot?: string,
): Promise<void> {
  await deploy(world, bodies);
  const agent = await world.agent(boot === undefined ? {} : { boot });
  await world.deploy(ONE);
  await world.untilOn(ONE);
  await more();
  await agent.stop();
}

/** Points the unit at revision 2, as `ensemble upgrade-formula f` does. */
export async function askForTwo(world: World): Promise<void> {
  await editService(world.coordinator, 'f', (service) => ({ ...service, previous: ONE, formula: TWO }));
  await flagUnits(world.coordinator, [UNIT], requester);
}
