import { newestLayout } from '../../state/model/layout-known.js';
import type { MachineState } from '../../state/model/machines.js';
import type { Layout } from '../../state/model/environment-schemas.js';

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

/** What `upgrade-environment` would do, and who keeps it from that. */
export interface UpgradePlan {
  /** `current`: nothing is to be done. `blocked`: some machines are behind. */
  readonly state: 'current' | 'needed' | 'blocked';
  readonly from: ShownLayout;
  readonly to: ShownLayout;
  /** What is turned on. */
  readonly features: readonly string[];
  readonly behind: readonly BehindMachine[];
}

/**
 * Compares an environment with what this version makes of it. Every registered machine counts, also one whose agent is down:
 * it would come back with the programs that it has.
 * @param layout one that this version reads
 */
export function planUpgrade(layout: Layout, machines: readonly MachineState[]): UpgradePlan {
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
  return { state: stateOf(isCurrent, behind), from, to, features, behind };
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
