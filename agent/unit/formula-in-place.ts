import type { ConfigValue } from '../../state/formula/config-options.js';
import { effectiveConfig } from '../../state/formula/config-values.js';
import type { HookRules } from '../../state/formula/hook-rules.js';
import type { PublishedFormula } from '../formulas.js';
import type { UnitRecord } from '../journal/record.js';
import type { AgentParts } from '../parts.js';
import { knownService } from '../tree/services.js';

/** What the formula that the unit's link names says of config and hooks; not always the service's formula. */
export class FormulaInPlace {
  readonly #parts: AgentParts;
  readonly #record: () => UnitRecord;
  #published: PublishedFormula | undefined;

  constructor(parts: AgentParts, record: () => UnitRecord) {
    this.#parts = parts;
    this.#record = record;
  }

  /** Looks the formula up, unless it is known. */
  async load(): Promise<void> {
    const { formula } = this.#record();
    if (formula === null || this.#published?.ref.id === formula.id) return;
    this.#published = await this.#parts.formulas.find(formula.id);
  }

  /** The effective config; waits until the service and the formula are known. */
  async config(): Promise<Readonly<Record<string, ConfigValue>>> {
    await this.load();
    const { config } = await knownService(this.#parts.services, this.#record().service);
    return effectiveConfig(this.#published?.options ?? {}, config);
  }

  /** The effective config, or undefined where it is not known yet. */
  knownConfig(): Readonly<Record<string, ConfigValue>> | undefined {
    const config = this.#parts.services.view(this.#record().service)?.config;
    if (config === undefined || this.#published === undefined) return undefined;
    if (this.#published.ref.id !== this.#record().formula?.id) return undefined;
    return effectiveConfig(this.#published.options, config);
  }

  /** How the hook is to be run: as the formula says, and otherwise its environment. */
  async hookRules(hook: string): Promise<HookRules> {
    await this.load();
    const { timeout, retry = this.#parts.hookRules.retry } = this.#published?.hooks[hook] ?? {};
    return { timeout, retry };
  }
}
