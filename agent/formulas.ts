import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Coordinator } from '../state/coordination/coordinator.js';
import { type ConfigOptions, configOptionsSchema } from '../state/formula/config-options.js';
import { type HookRules, hookRulesSchema } from '../state/formula/hook-rules.js';
import { endpointsOf } from '../state/model/endpoints.js';
import { metadataOf, requireFormulaRecord } from '../state/model/formulas.js';
import type { RelationEndpoint } from '../state/model/schemas.js';
import { fetchObject } from '../state/storage/fetch.js';
import type { Storage } from '../state/storage/storage.js';
import { formulaDirectoryName } from './disk/unit-directory.js';
import { unpackAhead } from './disk/unpacked.js';
import type { FormulaRef } from './journal/record.js';

/** An endpoint as a formula has it, whatever service runs it. */
export type FormulaEndpoint = Pick<RelationEndpoint, 'name' | 'role' | 'interface'>;

/** A published formula as units need it. */
export interface PublishedFormula {
  readonly ref: FormulaRef;
  readonly options: ConfigOptions;
  /** By the hooks' names. */
  readonly hooks: Readonly<Record<string, HookRules>>;
  /** Of the relations in which its units take part. */
  readonly endpoints: readonly FormulaEndpoint[];
}

/** The formulas that units of this machine run or are about to run: each is looked up and downloaded once. */
export interface Formulas {
  /** @throws FormulaNotPublished, NodeInvalid */
  find(formulaId: string): Promise<PublishedFormula>;
  /** One that was found before. */
  known(formulaId: string): PublishedFormula | undefined;
  /**
   * Brings the bundle to this machine's cache, verified, and gives its path. Units that want the same one at the same
   * time share one download, during which it is unpacked as well.
   * @throws as `find` and `fetchObject`
   */
  fetch(formulaId: string): Promise<{ readonly ref: FormulaRef; readonly bundle: string }>;
  /**
   * Looks formulas up anew from now on. In one environment an id always stands for the same content; in another one,
   * which was made in its place, for another.
   */
  forget(): void;
}

/** Formulas and bundles that are remembered: one that is asked for again later costs a look. */
const MOST_KNOWN = 64;
/** Of formulas that units of this machine run, which are asked about all the time: more than a machine runs. */
const MOST_IN_USE = 2_000;

export function openFormulas(coordinator: Coordinator, storage: Storage, cache: string): Formulas {
  const found = new Map<
    string,
    Promise<PublishedFormula & { readonly key: string; readonly size: number }>
  >();
  const known = new Map<string, PublishedFormula>();
  const fetching = new Map<string, Promise<void>>();
  /** Bundles whose content was verified here, and what their files looked like then. */
  const verified = new Map<string, string | undefined>();

  /** A formula's record never changes, so it is read once; a failure is not remembered. */
  function find(formulaId: string) {
    const finding = found.get(formulaId) ?? read(formulaId);
    remember(found, formulaId, finding);
    finding.catch(() => found.delete(formulaId));
    return finding;
  }

  async function read(id: string) {
    const record = await requireFormulaRecord(coordinator, id);
    const { sha256, size, storageKey, config, metadata } = record;
    const ref: FormulaRef = { id, sha256, directory: formulaDirectoryName(id, sha256) };
    const hooks = hookRulesSchema.parse(metadata.hooks) ?? {};
    // The service's name is none of a formula's: endpoints are told apart by all the rest.
    const endpoints = endpointsOf('', metadataOf(id, record));
    const formula = {
      ref,
      options: configOptionsSchema.parse(config),
      hooks,
      endpoints,
      key: storageKey,
      size,
    };
    remember(known, id, formula, MOST_IN_USE);
    return formula;
  }

  return {
    find,
    known(formulaId) {
      const formula = known.get(formulaId);
      if (formula !== undefined) remember(known, formulaId, formula, MOST_IN_USE);
      return formula;
    },
    async fetch(formulaId) {
      const { ref, key, size } = await find(formulaId);
      const bundle = join(cache, `${ref.sha256}.tar.gz`);
      if (verified.has(bundle) && verified.get(bundle) === markOf(bundle)) return { ref, bundle };
      const beside = (bytes: AsyncIterable<Buffer>) => unpackAhead({ file: bundle, size, bytes });
      const download =
        fetching.get(bundle) ?? fetchObject(storage, key, { sha256: ref.sha256, size }, bundle, { beside });
      fetching.set(bundle, download);
      await download.finally(() => fetching.delete(bundle));
      remember(verified, bundle, markOf(bundle));
      return { ref, bundle };
    },
    forget: () => found.clear(),
  };
}

/** The one that was of use longest ago goes. */
function remember<T>(known: Map<string, T>, key: string, value: T, most = MOST_KNOWN): void {
  known.delete(key);
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > most && oldest !== undefined) known.delete(oldest);
}

/** Differs where the file was written or replaced; undefined where there is none. */
function markOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const { ino, size, mtimeNs, ctimeNs } = found;
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}
