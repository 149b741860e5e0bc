import { pairOf, type ServiceName } from './formulas.js';

/** What was asked of a service, as far as commands said that it is done. */
export interface Wanted {
  /** The formula it is set to, as the tree said after the last command about it. */
  formula: string;
  /** Every formula that it was ever set to. */
  readonly formulas: Set<string>;
  title: string;
  readonly units: Set<string>;
}

/**
 * What the operator asked for and was not refused, from which follows how everything must be once it is quiet. Built
 * by the commands' exits and by what the tree says right after them; never by what agents do.
 */
export class Model {
  readonly services = new Map<ServiceName, Wanted>();
  /** Pairs that are related, by their number in `pairs`. */
  readonly pairs = new Set<number>();
  /** Every unit there ever was: no number comes twice. */
  readonly everSeen = new Set<string>();
  /** Units that were taken out by force. */
  readonly forced = new Set<string>();
  /** How many environments there were before this one, each with numbers of its own. */
  era = 0;

  /** Another environment in the place of this one. */
  begin(): void {
    this.era += 1;
    for (const each of [this.services, this.pairs, this.everSeen, this.forced]) each.clear();
  }

  deployed(service: ServiceName, formula: string, units: readonly string[]): void {
    this.services.set(service, { formula, formulas: new Set([formula]), title: 'none', units: new Set() });
    this.added(service, units);
  }

  added(service: ServiceName, units: readonly string[]): void {
    const wanted = this.services.get(service);
    for (const unit of units) {
      wanted?.units.add(unit);
      this.everSeen.add(unit);
    }
  }

  /** With a service go its relations, and the subordinates that they placed. */
  destroyed(service: ServiceName): void {
    this.services.delete(service);
    for (const pair of this.pairs) if (pairOf(pair).includes(service)) this.pairs.delete(pair);
  }

  setTo(service: ServiceName, formula: string): void {
    const wanted = this.services.get(service);
    if (wanted === undefined) return;
    wanted.formula = formula;
    wanted.formulas.add(formula);
  }

  gone(units: readonly string[], how: 'left' | 'forced'): void {
    for (const unit of units) {
      if (how === 'forced') this.forced.add(unit);
      for (const { units: own } of this.services.values()) own.delete(unit);
    }
  }
}
