import { newestLayout } from '../../state/model/layout-known.js';
import type { MachineState } from '../../state/model/machines.js';
import type { Layout } from '../../state/model/environment-schemas.js';
import type { LevelStep } from '../../state/model/level-step.js';

/** A layout as it is shown: what a program must know to work there. */
export interface ShownLayout {
  readonly level: number;
  readonly sublevel: number;
  readonly minReader: number;
  readonly features: readonly string[];
}

/** A machine whose programs would misread the environment once it is upgraded. */
export interface BehindMachine {
  readonly machine: string;
  /** Null where it is of release 0.1.0, or its node cannot be read, and no agent is up that says more. */
  readonly version: string | null;
  readonly agent: 'up' | 'down';
  /** `layout 2`, or the name of a feature. */
  readonly lacks: readonly string[];
  readonly hostsUnits: boolean;
}

/** How far the services, relations and units of an environment are on their way to another shape. */
export interface ShownStep {
  readonly level: number;
  /** ISO instant at which it was begun, and who did. */
  readonly since: string;
  readonly by: string;
  /** The services, relations and units that there were then, how many of them are looked through, and how many were changed. */
  readonly of: number;
  readonly looked: number;
  readonly changed: number;
}

/** What `upgrade-environment` would do, and who keeps it from that. */
export interface UpgradePlan {
  /** `current`: nothing is to be done. `blocked`: some machines are behind. It may be half done: see `step`. */
  readonly state: 'current' | 'needed' | 'blocked';
  readonly from: ShownLayout;
  readonly to: ShownLayout;
  /** What is turned on. */
  readonly features: readonly string[];
  readonly behind: readonly BehindMachine[];
  /** There where it was begun and is not at its end. */
  readonly step?: ShownStep;
}

/**
 * Compares an environment with what this version makes of it. Every registered machine counts, also one whose agent is down:
 * it would come back with the programs that it has.
 * @param layout one that this version reads
 * @param step where the change to its shape is begun
 */
export function planUpgrade(
  layout: Layout,
  machines: readonly MachineState[],
  step?: LevelStep,
): UpgradePlan {
  const from = shownLayout(layout);
  const features = newestLayout.features.filter((feature) => !from.features.includes(feature));
  // A newer version may have gone further, and let this one in.
  const level = Math.max(from.level, newestLayout.level);
  const sublevel =
    from.level < level ? newestLayout.sublevel : Math.max(from.sublevel, newestLayout.sublevel);
  const to = {
    level,
    sublevel,
    minReader: Math.max(from.minReader, newestLayout.minReader),
    features: [...from.features, ...features].sort(),
  };
  const isCurrent =
    features.length === 0 &&
    from.level === to.level &&
    from.sublevel === to.sublevel &&
    from.minReader === to.minReader;
  const behind = isCurrent ? [] : machinesBehind(to, machines);
  const state = stateOf(isCurrent && step === undefined, behind);
  return { state, from, to, features, behind, ...(step !== undefined && { step: shownStep(step) }) };
}

/** A step as it is shown: a pass that only makes sure has looked through all of it before. */
function shownStep({ level, since, by, of, looked, changed, pass }: LevelStep): ShownStep {
  return { level, since, by, of, looked: pass > 1 ? of : Math.min(looked, of), changed };
}

function stateOf(isCurrent: boolean, behind: readonly BehindMachine[]): UpgradePlan['state'] {
  if (isCurrent) return 'current';
  return behind.length === 0 ? 'needed' : 'blocked';
}

export function shownLayout({ level, sublevel, minReader, features = [] }: Layout): ShownLayout {
  return { level, sublevel, minReader, features: [...features].sort() };
}

/** Those of the machines whose programs would misread an environment of this layout. */
export function machinesBehind(to: ShownLayout, machines: readonly MachineState[]): readonly BehindMachine[] {
  return machines.flatMap((machine) => behindOf(machine, to));
}

/** A machine that is behind, in words: `m0 (Ensemble 0.1.0, up) lacks layout 2`. */
export function behindText({ machine, version, agent, lacks }: BehindMachine): string {
  return `${machine} (${version === null ? '' : `Ensemble ${version}, `}${agent}) lacks ${lacks.join(', ')}`;
}

/** How far a change of shape is, in words. */
export function stepWords({ looked, of, changed, by, since }: ShownStep): string {
  return `${looked} of ${of} services, relations and units looked through and ${changed} of them changed, by ${by} since ${since}`;
}

function behindOf({ name, machine, agent, units }: MachineState, to: ShownLayout): readonly BehindMachine[] {
  const { layout, features = [], version } = machine;
  const lacks = [
    ...(layout === undefined || layout.max < to.minReader || layout.min > to.level
      ? [`layout ${to.level}`]
      : []),
    ...to.features.filter((feature) => !features.includes(feature)),
  ];
  if (lacks.length === 0) return [];
  return [
    {
      machine: name,
      version: agent?.version ?? version ?? null,
      agent: agent === undefined ? 'down' : 'up',
      lacks,
      hostsUnits: units.length > 0,
    },
  ];
}
