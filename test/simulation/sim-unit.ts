import type { RolloutUnit, UnitBlocker } from '../../control/rollout/rollout-unit.js';
import type { Gates } from '../../state/model/lockstep.js';
import type { Flag } from '../../state/model/request-schemas.js';

/** What comes of the upgrade of a unit to a revision: `sick` is an error after it. */
export type Fate = 'ok' | 'fails' | 'hangs' | 'sick';

interface SimUpgrade {
  readonly step: string;
  readonly to: string;
  readonly since: number;
  /** The passage that it is in. */
  readonly lockstep?: string | undefined;
}

/** A unit as it was seen, without a hold that is over by now. */
export function withStandingHold(unit: RolloutUnit, now: number): RolloutUnit {
  const { held, ...rest } = unit;
  return held?.until !== undefined && Date.parse(held.until) <= now ? rest : unit;
}

/** A unit and its agent, as far as a rollout sees them. */
export class SimUnit {
  formula: string | null;
  state = 'started';
  since: number;
  agentUp = true;
  upgrade: SimUpgrade | undefined;
  bad: string[] = [];
  relationError = false;
  /** What its health-check says, and since when; undefined where its formula has none. */
  health: { readonly healthy: boolean; readonly since: number } | undefined;
  /** It is at something that its upgrade waits for. */
  isBusy = false;
  /** It was asked to go; drivers do not know it before it begins to. */
  isLeaving = false;
  /** Its agent has done all that is done before it goes. */
  isGone = false;
  /** Until when somebody holds it, in milliseconds since the epoch; Infinity: until somebody ends that. */
  heldUntil = 0;
  /** The last passage in lockstep that it came out of, and how. */
  resumed: { readonly passage: string; readonly gate: string } | undefined;
  #gates: Gates = {};
  /** A rollout asked it while it was healthy, and it has not been healthy at rest since. */
  takenBy: string | undefined;

  constructor(
    readonly name: string,
    formula: string | null,
    now: number,
    readonly fate: (to: string) => Fate,
  ) {
    this.formula = formula;
    this.since = now;
    if (formula === null) this.state = 'installing';
  }

  #enter(state: string, now: number): void {
    this.state = state;
    this.since = now;
  }

  /**
   * Its agent does the next thing, if there is one.
   * @param flag as it stands
   * @param installs the formula that a new unit begins with
   * @param gates of its service's rollout, as it sees them
   * @returns whether the flag is taken off
   */
  step(flag: Flag | undefined, installs: string, now: number, gates: Gates = {}): boolean {
    this.#gates = gates;
    if (!this.agentUp) return false;
    if (this.formula === null) {
      this.formula = installs;
      this.#enter('started', now);
      return false;
    }
    if (this.isLeaving && this.state !== 'upgrading') {
      this.isGone = this.state === 'stopping';
      this.upgrade = undefined;
      if (!this.isGone) this.#enter('stopping', now);
      return false;
    }
    if (this.state === 'upgrading')
      return this.upgrade?.step === 'committing' ? this.#gathered(flag, now) : this.#work(flag, now);
    if (flag === undefined || flag.to === undefined) {
      if (this.state !== 'upgrade-error') this.upgrade = undefined;
      return false;
    }
    const standsHere = flag.to === this.formula && this.state !== 'upgrade-error';
    if (standsHere) {
      this.upgrade = undefined;
      return true;
    }
    const { lockstep } = flag;
    const isPrepared = this.upgrade?.to === flag.to && this.upgrade.lockstep === lockstep;
    if (this.state === 'started' && !isPrepared) {
      const step = lockstep === undefined ? 'fetching' : 'waiting';
      this.upgrade = { step, to: flag.to, since: now, lockstep };
      return false;
    }
    if (this.state === 'started' && this.upgrade !== undefined && this.isBusy && flag.force !== true) {
      this.upgrade = { ...this.upgrade, step: 'waiting' };
      return false;
    }
    const gate = lockstep === undefined ? 'go' : gates[lockstep];
    if (gate !== 'go' && gate !== 'resume') return false;
    const forced = flag.force === true && this.state.endsWith('-error');
    const again = this.upgrade?.to !== flag.to || flag.over === this.#sinceText();
    if (this.state === 'started' || (forced && again)) {
      this.#enter('upgrading', now);
      this.upgrade = { step: 'hook', to: flag.to, since: now, lockstep };
    }
    return false;
  }

  #sinceText(): string {
    return new Date(this.since).toISOString();
  }

  #work(flag: Flag | undefined, now: number): boolean {
    const { upgrade } = this;
    if (upgrade === undefined) return false;
    const fate = flag?.revert === true ? 'ok' : this.fate(upgrade.to);
    if (upgrade.lockstep !== undefined && (fate === 'ok' || fate === 'sick')) {
      this.upgrade = { ...upgrade, step: 'committing' };
      return false;
    }
    if (fate === 'hangs') return false;
    if (fate === 'fails') {
      if (flag?.revertOnError !== true || flag.to !== upgrade.to) {
        this.#enter('upgrade-error', now);
        return false;
      }
      this.bad = [...this.bad, upgrade.to];
    } else {
      this.#take(upgrade.to, flag);
    }
    this.upgrade = undefined;
    this.#enter(fate === 'sick' ? 'config-error' : 'started', now);
    return flag?.to === upgrade.to;
  }

  /** Its hook is through, and it goes on, or back, as the others do. */
  #gathered(flag: Flag | undefined, now: number): boolean {
    const { upgrade } = this;
    const gate = this.#gates[upgrade?.lockstep ?? ''];
    if (upgrade === undefined || (gate !== 'resume' && gate !== 'back')) return false;
    const isSick = gate === 'resume' && flag?.revert !== true && this.fate(upgrade.to) === 'sick';
    if (gate === 'resume') this.#take(upgrade.to, flag);
    this.resumed = { passage: upgrade.lockstep ?? '', gate };
    this.upgrade = undefined;
    this.#enter(isSick ? 'config-error' : 'started', now);
    return flag?.to === this.formula || flag?.to === upgrade.to;
  }

  #take(to: string, flag: Flag | undefined): void {
    if (flag?.revert === true && this.formula !== null) this.bad = [...this.bad, this.formula];
    this.bad = this.bad.filter((id) => id !== to);
    this.formula = to;
  }

  /** An error that no rollout brings about. */
  fall(now: number): void {
    if (this.state === 'started') this.#enter('start-error', now);
  }

  /** An operator helps it out of whatever it is in. */
  cure(now: number): void {
    if (this.state === 'upgrade-error' && this.upgrade !== undefined) this.formula = this.upgrade.to;
    if (!this.state.endsWith('-error')) return;
    this.upgrade = undefined;
    this.#enter('started', now);
  }

  /** It is on its way out, as everybody sees. */
  get isStopping(): boolean {
    return this.state === 'stopping';
  }

  get isHealthy(): boolean {
    return this.agentUp && this.state === 'started' && !this.relationError && this.health?.healthy !== false;
  }

  /** As an agent tells them: of one that waits to begin, because it is busy. */
  #blockers(): readonly UnitBlocker[] {
    if (this.upgrade?.step !== 'waiting' || !this.isBusy) return [];
    return [{ kind: 'busy', reason: 'a lease lives', since: this.#sinceText() }];
  }

  #held(): UnitBlocker {
    const until = Number.isFinite(this.heldUntil) ? new Date(this.heldUntil).toISOString() : undefined;
    return { kind: 'held', reason: 'held by bob', since: this.#sinceText(), ...(until && { until }) };
  }

  /** A hold is told of also where it is over. */
  seen(flag: Flag | undefined): RolloutUnit {
    const { name, formula, agentUp, state, upgrade, bad } = this;
    return {
      name,
      formula,
      agentUp,
      machine: `m-${name}`,
      state,
      since: this.#sinceText(),
      message: '',
      bad,
      relationsInError: this.relationError ? ['db:1'] : [],
      leaving: this.isStopping,
      ...(this.heldUntil > 0 && { held: this.#held() }),
      ...(this.health && {
        health: {
          healthy: this.health.healthy,
          since: new Date(this.health.since).toISOString(),
          reason: 'no page',
        },
      }),
      ...(upgrade && {
        upgrade: {
          ...upgrade,
          since: new Date(upgrade.since).toISOString(),
          blockers: this.#blockers(),
          // One that is busy is not ready.
          ...(upgrade.step === 'waiting' && this.isBusy && { lockstep: undefined }),
        },
      }),
      ...(flag && {
        flag: {
          to: flag.to ?? '',
          requestedAt: flag.requestedAt,
          rollout: flag.rollout,
          over: flag.over,
          revert: flag.revert,
        },
      }),
    };
  }
}
