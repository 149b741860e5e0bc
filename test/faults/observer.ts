import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { paths } from '../../state/model/paths.js';
import type { World } from '../agent/world.js';

/** Watches, for as long as a case lasts, that the tree says of a unit only what its disk can show. */
export interface Observer {
  /** What it saw that must not be. */
  readonly broken: readonly string[];
  /** How many times it looked. */
  looks(): number;
  close(): void;
}

/**
 * @param before the formula the unit has at first, which it may go on claiming while another one is put in its place;
 *   any other one it claims must be what its `formula` link names at that moment
 */
export function observeUnit(world: World, unit: string, before: string | null): Observer {
  const broken: string[] = [];
  let looks = 0;
  let claimed: string | null | undefined;
  const look = (claim: string | null): void => {
    looks += 1;
    if (claim === null) return;
    const revision = parseFormulaId(claim).revision;
    const linked = revisionOf(linkOf(world, unit));
    if (claim !== before && linked !== revision && claim === claimed) return;
    if (claim !== before && linked !== revision) {
      broken.push(`the tree claims ${claim}, the link names revision ${linked}`);
    }
    if (!isThere(world, unit, revision)) broken.push(`the tree claims ${claim}, which is not on the disk`);
    claimed = claim;
  };
  const observation = world.coordinator.observe(paths.unit(unit), (node) => {
    if (node === undefined) return;
    const { formula }: { formula: string | null } = JSON.parse(node.value);
    look(formula);
  });
  return { broken, looks: () => looks, close: () => observation.close() };
}

function linkOf(world: World, unit: string): string {
  try {
    return readlinkSync(world.unitPath(unit, 'formula'));
  } catch {
    return '';
  }
}

/** The revision in `.formula/2-0123456789ab`. */
export function revisionOf(link: string): number | undefined {
  const revision = /^\.formula\/(\d+)-/.exec(link)?.[1];
  return revision === undefined ? undefined : Number(revision);
}

function isThere(world: World, unit: string, revision: number): boolean {
  const directory = world.unitPath(unit, '.formula');
  return existsSync(directory) && readdirSync(directory).some((name) => name.startsWith(`${revision}-`));
}
