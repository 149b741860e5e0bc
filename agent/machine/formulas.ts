import { setImmediate as turn } from 'node:timers/promises';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type ConfigOptions, configOptionsSchema } from '../../state/formula/config-options.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { healthInterval } from '../../state/formula/health-rules.js';
import { type HookRules, hookRulesSchema } from '../../state/formula/hook-rules.js';
import { checkFormulaSignature, type TrustRules } from '../../state/formula/trust/check-signature.js';
import { type UpgradeRules, upgradeRules } from '../../state/formula/upgrade-rules.js';
import { endpointsOf } from '../../state/model/endpoints.js';
import { FormulaNotPublished } from '../../state/model/errors.js';
import { metadataOf, requireFormulaRecord } from '../../state/model/formulas.js';
import type { RelationEndpoint } from '../../state/model/relation-schemas.js';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { EnsembleError } from '../../state/platform/errors.js';
import type { Staging } from '../disk/staging.js';
import { formulaDirectoryName } from '../disk/unit-directory.js';
import type { FormulaRef } from '../journal/record.js';

/** An endpoint as a formula has it, whatever service runs it. */
export type FormulaEndpoint = Pick<RelationEndpoint, 'name' | 'role' | 'interface'>;

/** A published formula as units need it. */
export interface PublishedFormula {
  readonly ref: FormulaRef;
  readonly options: ConfigOptions;
  /** By the hooks' names. */
  readonly hooks: Readonly<Record<string, HookRules>>;
  /** The names of the files in `hooks/`; none of what release 0.1.0 published, which noted none. */
  readonly hookNames: readonly string[];
  readonly upgrade: UpgradeRules;
  /** Milliseconds from one `health-check` to the next while a unit is at rest; undefined where it does not say. */
  readonly healthInterval?: number | undefined;
  /** The endpoints of the relations in which its units take part. */
  readonly endpoints: readonly FormulaEndpoint[];
}

/**
 * The formulas that units of this machine run or are about to run: each is looked up and downloaded once, as long as it
 * is the same. One that was pruned may be published again under its id, with another content.
 */
export interface Formulas {
  /**
   * One whose content a unit has, where `sha256` tells it, or is about to have: as it was looked up last.
   * @returns what stands there now, where `sha256` is of a content that nobody remembers
   * @throws FormulaNotPublished, NodeInvalid
   */
  find(formulaId: string, sha256?: string): Promise<PublishedFormula>;
  /**
   * Reads the record anew, as before a unit takes the formula up. Units that ask at the same time share one reading, which
   * begins after each of them has asked.
   * @throws as `find`
   */
  findAnew(formulaId: string): Promise<PublishedFormula>;
  /** A formula that was found before; one with this content, if it is given. */
  known(formulaId: string, sha256?: string): PublishedFormula | undefined;
  /**
   * Brings the bundle to this machine's cache, verified, and gives its path. Units that want the same one at the same
   * time share one download.
   * @param sha256 of the content that it must be; by default what was looked up last
   * Who signed it is looked at before that, where this machine's environment says whom it trusts.
   * @throws as `find`, `checkFormulaSignature` and `fetchObject`; FormulaNotPublished where the id stands for another content
   */
  fetch(formulaId: string, sha256?: string): Promise<{ readonly ref: FormulaRef; readonly bundle: string }>;
  /** Looks formulas up anew from now on: another environment may be in the place of the one they were found in. */
  forget(): void;
}

type Found = PublishedFormula & {
  readonly key: string;
  readonly size: number;
  readonly signature: string | undefined;
};

/** Formulas that are remembered: one that is asked for again later costs a look. */
const MOST_KNOWN = 64;
/**
 * The most formulas in use that are remembered, each by two names, as they are asked for all the time: more than a
 * machine runs.
 */
const MOST_IN_USE = 4_000;

/** @param trust whom this machine's environment trusts; anybody where it is undefined */
export function openFormulas(
  coordinator: Coordinator,
  staging: Pick<Staging, 'fetch'>,
  { trust, clock }: { readonly trust?: TrustRules | undefined; readonly clock: Clock } = {
    clock: systemClock,
  },
): Formulas {
  const found = new Map<string, Promise<Found>>();
  /** Readings that have not begun, and the last of those that have, by formula. */
  const upcoming = new Map<string, Promise<Found>>();
  const underWay = new Map<string, Promise<void>>();
  /** By id, as it was found last, and by content, which never changes. */
  const known = new Map<string, Found>();

  async function find(id: string, sha256?: string): Promise<Found> {
    const ofContent = sha256 === undefined ? undefined : recall(id, sha256);
    if (ofContent !== undefined) return ofContent;
    const last = await (found.get(id) ?? findAnew(id));
    return sha256 === undefined || last.ref.sha256 === sha256 ? last : findAnew(id);
  }

  /** A caller that comes during a read waits for the next one: this read may give an older state. */
  function findAnew(id: string): Promise<Found> {
    const next = upcoming.get(id);
    if (next !== undefined) return next;
    const reading = (underWay.get(id) ?? turn()).then(() => {
      upcoming.delete(id);
      return read(id);
    });
    upcoming.set(id, reading);
    remember(found, id, reading);
    // A failure is not remembered.
    const failed = (): void => {
      if (found.get(id) === reading) found.delete(id);
    };
    const ended = reading
      .then(() => undefined, failed)
      .then(() => {
        if (underWay.get(id) === ended) underWay.delete(id);
      });
    underWay.set(id, ended);
    return reading;
  }

  function recall(id: string, sha256?: string): Found | undefined {
    const name = sha256 === undefined ? id : contentOf(id, sha256);
    const formula = known.get(name);
    if (formula !== undefined) remember(known, name, formula, MOST_IN_USE);
    return formula;
  }

  async function read(id: string) {
    const record = await requireFormulaRecord(coordinator, id);
    const { sha256, size, storageKey, config, metadata, signature } = record;
    const ref: FormulaRef = { id, sha256, directory: formulaDirectoryName(id, sha256) };
    const hooks = hookRulesSchema.parse(metadata.hooks) ?? {};
    // The service's name is none of a formula's: endpoints are told apart by all the rest.
    const endpoints = endpointsOf('', metadataOf(id, record));
    const formula = {
      ref,
      options: configOptionsSchema.parse(config),
      hooks,
      hookNames: record.hooks ?? [],
      upgrade: upgradeRules(metadata.upgrade),
      healthInterval: healthInterval(metadata.health),
      endpoints,
      key: storageKey,
      size,
      signature,
    };
    for (const name of [id, contentOf(id, sha256)]) remember(known, name, formula, MOST_IN_USE);
    return formula;
  }

  /** A signature may have come since the formula was looked up. */
  async function requireTrusted(formula: Found): Promise<void> {
    if (trust === undefined) return;
    const { id, sha256 } = formula.ref;
    const check = (signature: string | undefined): void => {
      checkFormulaSignature(trust, { ...parseFormulaId(id), sha256 }, signature, clock.now());
    };
    try {
      check(formula.signature);
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error;
      const { ref, signature } = await findAnew(id);
      if (ref.sha256 !== sha256) throw error;
      check(signature);
    }
  }

  return {
    find,
    findAnew,
    known: recall,
    async fetch(formulaId, sha256) {
      const found = await find(formulaId, sha256);
      const { ref, key, size } = found;
      if (sha256 !== undefined && ref.sha256 !== sha256)
        throw new FormulaNotPublished({ formula: formulaId });
      await requireTrusted(found);
      const bundle = await staging.fetch(key, { sha256: ref.sha256, size });
      return { ref, bundle };
    },
    forget: () => found.clear(),
  };
}

function contentOf(id: string, sha256: string): string {
  return `${id} ${sha256}`;
}

/** The one that was of use longest ago goes. */
function remember<T>(known: Map<string, T>, key: string, value: T, most = MOST_KNOWN): void {
  known.delete(key);
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > most && oldest !== undefined) known.delete(oldest);
}
