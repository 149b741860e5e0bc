import type { Blocker } from '../../state/model/blocker.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { WantedFormula } from '../contract/operations.js';
import type { UnitRecord } from '../journal/record.js';
import type { Uses } from '../machine/parts.js';

/** A unit that may have to go together with the others of its service. */
interface TogetherUnit extends Uses<'gates'> {
  record(): UnitRecord;
  /** Looks again at everything that may ask something of the unit. */
  look(): void;
}

/**
 * How a unit waits for the others of its service where all go in lockstep: once before it pauses, and once more when its
 * upgrade hook is through. What it waits for is one node, the rollout's; which passage it is in stands in its flag, and from
 * the point of no return on in its journal. So it does not matter what was written while no agent was there.
 */
export class Lockstep {
  readonly #unit: TogetherUnit;
  #service: string | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(unit: TogetherUnit) {
    this.#unit = unit;
  }

  /** Whether what is wanted waits for the others before it goes ahead. It begins or ends to watch the gates. */
  stands(wanted: Pick<WantedFormula, 'lockstep'> | undefined): boolean {
    const passage = wanted?.lockstep;
    if (passage !== undefined || this.#unit.record().upgrade?.lockstep !== undefined) this.#watch();
    else this.close();
    return passage !== undefined && !this.goes(passage);
  }

  /** True if the units of a passage exchange their formula now, or have. */
  goes(passage: string): boolean {
    const gate = this.#gate(passage);
    return gate === 'go' || gate === 'resume';
  }

  /** What comes of the upgrade under way, whose hook is through. */
  verdict(): 'resume' | 'back' | undefined {
    const passage = this.#unit.record().upgrade?.lockstep;
    if (passage === undefined) return 'resume';
    const gate = this.#gate(passage);
    return gate === 'resume' || gate === 'back' ? gate : undefined;
  }

  /** The agent lets go of the unit, or nothing is to be waited for. */
  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #gate(passage: string): string | undefined {
    return this.#unit.parts.gates.view(this.#unit.record().service)?.[passage];
  }

  #watch(): void {
    if (this.#unsubscribe !== undefined) return;
    this.#service ??= this.#unit.record().service;
    let isBegun = false;
    this.#unsubscribe = this.#unit.parts.gates.subscribe(this.#service, () => {
      // It may be told at once, in the midst of a look.
      if (isBegun) this.#unit.look();
      else setImmediate(() => this.#unit.look());
    });
    isBegun = true;
  }
}

/** The wait for the others before the upgrade goes ahead. @param since an ISO instant */
export function waitsToGo(since: string): Blocker {
  return {
    kind: 'lockstep',
    reason: 'it is ready, and goes with the others of its service',
    since,
    ends: 'it goes on by itself when all are ready',
  };
}

/** The wait for the others after its hook: undefined where it does not wait for that. */
export function waitsToResume(
  { state, upgrade }: UnitRecord,
  verdict: string | undefined,
): Blocker | undefined {
  if (state !== 'upgrading' || upgrade?.lockstep === undefined || upgrade.step !== 'committing')
    return undefined;
  if (verdict !== undefined) return undefined;
  return {
    kind: 'lockstep',
    reason: 'its hook is through, and it goes on with the others of its service',
    since: upgrade.since,
    ends: 'it goes on by itself when all are through, and goes back if one fails',
  };
}

/** Whether a unit has nothing to wait for but the others: an error that it is not forced out of is something. */
export function isReady({ state, retry }: UnitRecord, force: boolean): boolean {
  return !retry && (force || !isErrorState(state));
}
