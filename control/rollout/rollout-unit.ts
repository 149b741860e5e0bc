import { isLeaving } from '../status/leaving.js';
import type { UnitState } from '../status/snapshot.js';

/** A unit as a rollout sees it. Instants are ISO texts of whoever wrote them: an agent's clock, or a command's. */
export interface RolloutUnit {
  readonly name: string;
  /** The unit's formula; null until its agent has installed something. */
  readonly formula: string | null;
  readonly agentUp: boolean;
  readonly machine: string | null;
  /** The workflow's state, and since when. */
  readonly state: string;
  readonly since: string;
  readonly message: string;
  /** There while an upgrade is prepared, under way or failed. */
  readonly upgrade?: {
    readonly step: string;
    readonly to: string;
    readonly since: string;
    /** In lockstep, the passage that it is ready for, or whose hook is through. */
    readonly lockstep?: string | undefined;
    /** Until when it was postponed, where that is over. */
    readonly waitedUntil?: string | undefined;
    readonly blockers: readonly UnitBlocker[];
  };
  /** The flag; `to` is where it leads. */
  readonly flag?: {
    readonly to: string;
    readonly requestedAt: string;
    readonly rollout?: string | undefined;
    readonly over?: string | undefined;
    readonly revert?: boolean | undefined;
  };
  /** What its health-check says; undefined where its formula has none, or it is upgraded. */
  readonly health?: { readonly healthy: boolean; readonly since: string; readonly reason: string };
  /** Formulas that it went back from. */
  readonly bad: readonly string[];
  /** Relations whose hook failed, e.g. `db:4`. */
  readonly relationsInError: readonly string[];
  /** It was asked to go, or is going. */
  readonly leaving: boolean;
  /** Somebody holds it. */
  readonly held?: UnitBlocker;
  /** Why its nodes cannot be read. */
  readonly damage?: string;
}

/** The reason why an upgrade of one unit waits, by its agent. */
export interface UnitBlocker {
  readonly kind?: string | undefined;
  readonly reason: string;
  readonly since: string;
  readonly until?: string | undefined;
  readonly ends?: string | undefined;
}

/**
 * @param serviceFormula where a flag leads that names no formula of its own
 * @param held by whom it is held, where it is
 */
export function rolloutUnit(
  state: UnitState,
  serviceFormula: string,
  agentUp: boolean,
  held?: UnitBlocker,
): RolloutUnit {
  const { name, unit, status, flag, damage } = state;
  const { upgrade, health } = status;
  return {
    name,
    formula: unit.formula,
    agentUp,
    machine: unit.machine,
    state: status.state,
    since: status.since,
    message: status.message,
    ...(upgrade !== undefined && {
      upgrade: {
        step: upgrade.step,
        to: upgrade.to,
        since: upgrade.since,
        lockstep: upgrade.lockstep,
        waitedUntil: upgrade.waitedUntil,
        blockers: (upgrade.blockers ?? []).map((blocker) => ({
          ...blocker,
          kind: textOf(blocker.kind),
          ends: textOf(blocker.ends),
        })),
      },
    }),
    ...(flag !== undefined && {
      flag: {
        to: flag.to ?? serviceFormula,
        requestedAt: flag.requestedAt,
        rollout: flag.rollout,
        over: flag.over,
        revert: flag.revert,
      },
    }),
    ...(health !== undefined && {
      health: {
        healthy: health.state === 'healthy',
        since: health.since,
        reason: health.reason ?? 'its health-check has said nothing yet',
      },
    }),
    bad: unit.bad ?? [],
    relationsInError: Object.entries(status.relations ?? {})
      .filter(([, { state }]) => state === 'error')
      .map(([relation]) => relation),
    ...(held !== undefined && { held }),
    leaving: isLeaving(state),
    ...(damage !== undefined && { damage }),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
