import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound, VersionConflict } from '../../state/coordination/errors.js';
import { type FormulaId, parseFormulaId } from '../../state/formula/formula-id.js';
import { bundleKey } from '../../state/storage/key.js';
import { readBundles, retireKey, setBundle } from '../../state/model/bundles.js';
import { type Entity, readEntities } from '../../state/model/entity.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import { flagSchema } from '../../state/model/request-schemas.js';
import { isOpen, rolloutSchema } from '../../state/model/rollout.js';
import {
  type FormulaRecord,
  type Service,
  formulaRecordSchema,
  serviceSchema,
} from '../../state/model/service-schemas.js';
import { statusSchema, unitSchema } from '../../state/model/unit-schemas.js';

/** A published formula that nobody needs. */
export interface UnusedFormula {
  readonly id: string;
  readonly sha256: string;
  /** The size of its bundle, in bytes. */
  readonly size: number;
  /** Where its bundle lies. */
  readonly key: string;
  /** The version of its record. */
  readonly version: number;
}

/** An object that no formula names any more, and the sha256 of its bundle. */
export interface LeftObject {
  readonly sha256: string;
  readonly key: string;
}

/** The things that can be pruned. */
export interface Prunable {
  readonly formulas: readonly UnusedFormula[];
  /** Objects that an interrupted pruning left. */
  readonly left: readonly LeftObject[];
  /** True if the formula's bundle goes with it, as far as its record is the last that names it. */
  isOwn(formula: UnusedFormula): boolean;
  /**
   * Takes the formula out of the tree.
   * @returns the object that nobody names any more, if any; undefined where the formula is needed after all
   */
  remove(formula: UnusedFormula): Promise<{ readonly left?: LeftObject } | undefined>;
}

/**
 * The formulas that no service, unit, flag, rollout, revert target or upgrade under way needs, the newest `keep` of each formula
 * excepted, and the objects that go with them.
 *
 * The order of reading matters. Whoever takes a formula up writes its record in the same transaction (`takeUpFormula`),
 * and whoever publishes a bundle writes that bundle's node (`claimBundle`): both are read first, so what is taken up or
 * published after that makes the removal conflict, and what was before is seen. Services come before their units, since
 * a unit takes a formula up that its service had.
 * @throws NodeInvalid: what cannot be read may name any formula
 */
export async function findPrunable(coordinator: Coordinator, keep: number): Promise<Prunable> {
  const bundles = new Map(await readBundles(coordinator));
  const ids = (await coordinator.children(paths.formulas)) ?? [];
  const found = await readEntities(coordinator, ids.map(paths.formula), formulaRecordSchema);
  const records = new Map(ids.flatMap((id, index) => (found[index] ? [[id, found[index]] as const] : [])));
  const needed = await neededFormulas(coordinator, [...records.keys()]);
  for (const id of newest([...records.keys()], keep)) needed.add(id);
  const naming = namings([...records.values()]);
  // A key of an earlier release is that of every environment which shares the storage.
  const isOwn = ({ sha256, key }: UnusedFormula): boolean => bundles.has(sha256) && key !== bundleKey(sha256);

  return {
    formulas: [...records]
      .filter(([id]) => !needed.has(id))
      .map(([id, { value, version }]) => ({
        id,
        sha256: value.sha256,
        size: value.size,
        key: value.storageKey,
        version,
      })),
    left: [...bundles].flatMap(([sha256, { value }]) => value.going.map((key) => ({ sha256, key }))),
    isOwn,
    async remove(formula) {
      const { id, sha256, key, version } = formula;
      const others = (naming.get(key) ?? 1) - 1;
      const bundle = bundles.get(sha256);
      const retired =
        bundle !== undefined && isOwn(formula) && others === 0 ? retireKey(bundle, key) : undefined;
      const operations: readonly Operation[] = [
        { kind: 'remove', path: paths.formula(id), version },
        ...(retired === undefined || bundle === undefined
          ? []
          : [{ ...setBundle(sha256, retired), version: bundle.version }]),
      ];
      try {
        await coordinator.transaction(operations);
      } catch (error) {
        if (error instanceof VersionConflict || error instanceof NodeNotFound) return undefined;
        throw error;
      }
      naming.set(key, others);
      if (retired === undefined || bundle === undefined) return {};
      bundles.set(sha256, { value: retired, version: bundle.version + 1 });
      return { left: { sha256, key } };
    },
  };
}

/** How many records name each key. */
function namings(records: readonly Entity<FormulaRecord>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of records) counts.set(value.storageKey, (counts.get(value.storageKey) ?? 0) + 1);
  return counts;
}

/** The ids of the highest revisions, `keep` of each formula. */
function newest(ids: readonly string[], keep: number): readonly string[] {
  const counts = new Map<string, number>();
  return ids
    .toSorted((a, b) => parseFormulaId(b).revision - parseFormulaId(a).revision)
    .filter((id) => {
      const before = counts.get(familyOf(id)) ?? 0;
      counts.set(familyOf(id), before + 1);
      return before < keep;
    });
}

/** The name that all revisions of one formula have in common. */
function familyOf(id: string): string {
  const { repository, name }: FormulaId = parseFormulaId(id);
  return `${repository}:${name}`;
}

/** @param published the ids there are */
async function neededFormulas(coordinator: Coordinator, published: readonly string[]): Promise<Set<string>> {
  const needed = new Set<string>();
  const need = (...ids: readonly (string | null | undefined)[]): void => {
    for (const id of ids) if (id) needed.add(id);
  };
  const services = new Map<string, Service>();
  const names = (await coordinator.children(paths.services)) ?? [];
  const found = await readEntities(coordinator, names.map(paths.service), serviceSchema);
  for (const [index, name] of names.entries()) {
    const service = found[index]?.value;
    if (service === undefined) continue;
    services.set(name, service);
    need(service.formula, service.previous, service.prefetch, service.startWith, ...(service.earlier ?? []));
  }
  // That of a clone stands nowhere else until the clone is made.
  for (const rollout of await readEntities(coordinator, names.map(paths.rollout), rolloutSchema))
    if (rollout !== undefined && isOpen(rollout.value)) need(rollout.value.to, rollout.value.revertTo);
  const units = ((await coordinator.children(paths.units)) ?? []).map(unitOfNode);
  const [nodes, statuses, flags] = [
    await readEntities(coordinator, units.map(paths.unit), unitSchema),
    await readEntities(coordinator, units.map(paths.status), statusSchema),
    await readEntities(coordinator, units.map(paths.upgrade), flagSchema),
  ];
  const underWay = new Set<string>();
  for (const index of units.keys()) {
    const [unit, status, flag] = [nodes[index]?.value, statuses[index]?.value, flags[index]?.value];
    if (unit === undefined) continue;
    need(unit.formula, ...(unit.earlier ?? []), status?.upgrade?.from, status?.upgrade?.to, flag?.to);
    // The formula that a unit's agent is on its way to may stand in its journal alone: no revision of that formula is
    // removed.
    const rests = unit.formula !== null && flag === undefined && status?.state === 'started';
    if (rests) continue;
    for (const id of [unit.formula, services.get(unit.service)?.formula]) if (id) underWay.add(familyOf(id));
  }
  need(...published.filter((id) => underWay.has(familyOf(id))));
  return needed;
}
