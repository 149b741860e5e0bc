import assert from 'node:assert/strict';
import { compareUnits } from '../../state/model/paths.js';

/** What a unit's hooks noted, one after the other: an event of a relation, or that an upgrade's hook ran. */
export type Line =
  | { readonly kind: 'upgrade'; readonly revision: number }
  | {
      readonly kind: string;
      readonly revision: number;
      /** The endpoint's name, and the relation's id. */
      readonly name: string;
      readonly id: string;
      readonly remote: string;
      readonly attempt: string;
    };

/** Whom the lines leave the unit knowing, by the endpoint's name; relations in which it knows nobody are left out. */
export function present(lines: readonly Line[]): Readonly<Record<string, readonly string[]>> {
  const known: Record<string, readonly string[]> = {};
  for (const line of lines) {
    if (!('name' in line)) continue;
    const others = (known[line.name] ?? []).filter((unit) => unit !== line.remote);
    known[line.name] = line.kind === 'joined' ? [...others, line.remote].sort(compareUnits) : others;
    if (line.kind === 'changed') known[line.name] = [...others, line.remote].sort(compareUnits);
  }
  return Object.fromEntries(Object.entries(known).filter(([, units]) => units.length > 0));
}

/**
 * Holds a unit's lines against the legal sequences: of each relation, units join first, each joined has its departed
 * before broken, broken comes last, and nothing comes twice; no hook runs of a revision that lacks the endpoint, and
 * nothing that a revision lacks is left open when its upgrade hook runs.
 * @param peersOf the endpoints of a revision
 */
export function assertLegal(
  lines: readonly Line[],
  peersOf: (revision: number) => readonly string[],
  context: string,
): void {
  /** By relation: who is there, and `undefined` outside of it. */
  const lives = new Map<string, { readonly name: string; readonly units: Set<string> }>();
  let last: Line | undefined;
  for (const [index, line] of lines.entries()) {
    const at = `line ${index}: ${JSON.stringify(line)}, ${context}`;
    const owed = last !== undefined && 'name' in last && last.kind === 'joined' ? last : undefined;
    if (owed && 'name' in line && line.id === owed.id)
      assert.deepEqual([line.kind, line.remote], ['changed', owed.remote], `${at}: changed follows joined`);
    last = line;
    if (!('name' in line)) {
      const open = [...lives.values()].filter(({ name }) => !peersOf(line.revision).includes(name));
      assert.deepEqual(open, [], `${at}: what the revision lacks was left before`);
      continue;
    }
    assert.ok(peersOf(line.revision).includes(line.name), `${at}: its revision has the endpoint`);
    assert.equal(line.attempt, '1', at);
    const life = lives.get(line.id) ?? { name: line.name, units: new Set<string>() };
    switch (line.kind) {
      case 'joined':
        assert.ok(!life.units.has(line.remote), `${at}: it joins once`);
        life.units.add(line.remote);
        lives.set(line.id, life);
        break;
      case 'changed':
        assert.ok(life.units.has(line.remote), `${at}: it changes while it is there`);
        break;
      case 'departed':
        assert.ok(life.units.delete(line.remote), `${at}: it departs after it joined`);
        break;
      default:
        assert.deepEqual([...life.units], [], `${at}: everybody departs before broken`);
        lives.delete(line.id);
    }
  }
  assert.deepEqual([...lives.keys()], [], `each life ends with broken, ${context}`);
}
