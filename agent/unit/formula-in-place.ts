import type { ConfigValue } from '../../state/formula/config-types.js';
import { effectiveConfig } from '../../state/formula/config-values.js';
import type { HookRules } from '../../state/formula/hook-rules.js';
import { defaultUpgradeRules, type UpgradeRules } from '../../state/formula/upgrade-rules.js';
import { FormulaNotPublished } from '../../state/model/errors.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import type { PublishedFormula } from '../machine/formulas.js';
import type { FormulaRef, UnitRecord } from '../journal/record.js';
import type { Uses } from '../machine/parts.js';
import { saidWhile, type Waiter } from '../contract/said-while.js';
import { knownService, waitsForService } from '../tree/services.js';
import { configDigest } from '../contract/present-config.js';

type FormulaText = Omit<PublishedFormula, 'endpoints'>;

type Used = Uses<'clock' | 'formulas' | 'hookRules' | 'services'>['parts'];

interface Known {
  readonly config: ConfigValues;
  readonly published: FormulaText;
  readonly digest: string;
}

/** The config and hooks of the formula that the unit's link names; that is not always the service's formula. */
export class FormulaInPlace {
  readonly #parts: Used;
  readonly #waiter: Waiter;
  readonly #record: () => UnitRecord;
  readonly #parted = new AbortController();
  #published: FormulaText | undefined;
  #known: Known | undefined;

  /** @param troubledBy told what is waited for, and with nothing that it is not any more */
  constructor(parts: Used, record: () => UnitRecord, troubledBy: Waiter['troubledBy']) {
    this.#waiter = { parts, troubledBy };
    this.#parts = parts;
    this.#record = record;
  }

  /** Looks the formula up, unless it is known. */
  async load(): Promise<void> {
    const { formula, earlier, unit } = this.#record();
    if (formula === null || this.#isOf(formula)) return;
    try {
      const published = await this.#parts.formulas.find(formula.id, formula.sha256);
      // If this content is no longer published, the formula that is published under its id now is the nearest.
      this.#published = { ...published, ref: formula };
    } catch (error) {
      // The tree may not know the formula any more, and the unit's hooks must stop it all the same.
      if (!(error instanceof FormulaNotPublished)) throw error;
      if (!this.#parted.signal.aborted)
        throw new FormulaNotPublished({ formula: formula.id, unit: earlier.length > 0 ? unit : undefined });
      this.#published = { ref: formula, options: {}, hooks: {}, hookNames: [], upgrade: defaultUpgradeRules };
    }
  }

  #isOf(formula: FormulaRef | null): boolean {
    const { ref } = this.#published ?? {};
    return ref !== undefined && ref.id === formula?.id && ref.sha256 === formula.sha256;
  }

  /** The unit is none of its service any more, which may be gone: nobody waits for it from now on. */
  part(): void {
    this.#parted.abort();
  }

  /**
   * The effective config; waits until the service and the formula are known.
   * @throws ServiceNotFound where it is gone, and the unit has parted from it
   */
  async config(): Promise<Readonly<Record<string, ConfigValue>>> {
    await this.load();
    const { service, serviceIncarnation } = this.#record();
    const { services } = this.#parts;
    const { config } = await saidWhile(
      this.#waiter,
      () => waitsForService(service),
      knownService(services, service, this.#parted.signal, serviceIncarnation),
    );
    return effectiveConfig(this.#published?.options ?? {}, config);
  }

  /** Digest of the effective config, or undefined where that is not known yet. */
  knownDigest(): string | undefined {
    const config = this.#parts.services.view(this.#record().service)?.config;
    const published = this.#published;
    if (config === undefined || published === undefined) return undefined;
    if (!this.#isOf(this.#record().formula)) return undefined;
    // Asked whenever the unit looks around.
    if (this.#known?.config !== config || this.#known.published !== published)
      this.#known = { config, published, digest: configDigest(effectiveConfig(published.options, config)) };
    return this.#known.digest;
  }

  /** What it says of upgrades; undefined while that is not known. */
  upgradeRules(): UpgradeRules | undefined {
    return this.#isOf(this.#record().formula) ? this.#published?.upgrade : undefined;
  }

  /** Milliseconds from one `health-check` to the next at rest; undefined where it does not say, or is not known. */
  healthInterval(): number | undefined {
    return this.#isOf(this.#record().formula) ? this.#published?.healthInterval : undefined;
  }

  /** How the hook is to be run: as the formula says, and otherwise its environment. */
  async hookRules(hook: string): Promise<HookRules> {
    await this.load();
    const { timeout, retry = this.#parts.hookRules.retry } = this.#published?.hooks[hook] ?? {};
    return { timeout, retry };
  }
}
