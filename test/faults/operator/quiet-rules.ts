import { readdir, readFile } from 'node:fs/promises';
import { listTree } from '../../../state/formula/tree.js';
import { nodeOfUnit, serviceOfUnit } from '../../../state/model/paths.js';
import type { World } from '../../agent/world.js';
import type { ServiceName } from './formulas.js';
import { eventsOf } from './life-rules.js';
import type { Life } from './lives.js';
import type { Model } from './model.js';
import { differences, partiesOf, placeOf } from './tree-rules.js';
import { revisionOf, type Tree } from './tree.js';

/** What units' hooks were told last is what holds: their config, who is in their relations, and what those say. */
export function faultsOfNews(tree: Tree, model: Model, lives: readonly Life[]): readonly string[] {
  const faults: string[] = [];
  const parties = partiesOf(tree);
  const settings = new Map(tree.meetings.map((meeting) => [placeOf(meeting), meeting.settings]));
  for (const { name, unit } of [...tree.services.values()].flatMap(({ units }) => units)) {
    const life = lives.findLast((each) => each.unit === name && each.era === model.era);
    const wanted = model.services.get(serviceOfUnit(name) as ServiceName);
    if (life === undefined || wanted === undefined) {
      faults.push(`${name}: no hook of it ran`);
      continue;
    }
    const title = life.runs.findLast((run) => run.title !== undefined)?.title;
    if (title !== wanted.title)
      faults.push(`${name} was told the title ${title} last, which is ${wanted.title}`);
    const last = life.runs.at(-1);
    if (last?.exit === undefined) faults.push(`${name}: ${last?.hook} has yet to end`);
    if (unit.formula !== null && last?.revision !== revisionOf(unit.formula))
      faults.push(
        `${name}: ${last?.hook} of revision ${last?.revision} ran last, and not of ${unit.formula}`,
      );
    for (const [place, { identifiers, units }] of parties) {
      const identifier = identifiers.get(serviceOfUnit(name));
      if (identifier === undefined || !units.includes(name)) continue;
      const runs = life.runs.filter(({ relation }) => relation === identifier);
      const isPeer = identifiers.size === 1;
      const others = units.filter(
        (other) => other !== name && (isPeer || serviceOfUnit(other) !== serviceOfUnit(name)),
      );
      faults.push(...differences(`known to ${name} in ${identifier}`, [...eventsOf(runs).known], others));
      for (const other of others) {
        const told = runs.findLast(({ remote, says }) => remote === other && says !== undefined)?.says;
        const says = settings.get(place)?.get(other)?.says ?? '';
        if (told !== undefined && told !== says)
          faults.push(`${name} was told in ${identifier} that ${other} says ${told}, which says ${says}`);
      }
    }
  }
  return faults;
}

/** What is on the disks belongs to the units there are, is whole, and is nobody else's. */
export async function faultsOfDisks(
  world: World,
  tree: Tree,
  lives: readonly Life[],
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [machine, hosted] of tree.hosted) {
    const directory = world.path('machines', machine, 'units');
    const standing = await readdir(directory).catch(() => []);
    faults.push(...differences(`${machine}'s disk`, standing, hosted.map(nodeOfUnit)));
    const runs = await readdir(world.path('machines', machine, 'runs')).catch(() => []);
    const left = runs.filter((name) => !name.endsWith('.removed'));
    if (left.length > 0) faults.push(`${machine} keeps the runs ${left.join(', ')}`);
    for (const unit of hosted) faults.push(...(await faultsOfUnit(world, tree, lives, machine, unit)));
  }
  return faults;
}

async function faultsOfUnit(
  world: World,
  tree: Tree,
  lives: readonly Life[],
  machine: string,
  unit: string,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const path = (...parts: readonly string[]): string =>
    world.path('machines', machine, 'units', nodeOfUnit(unit), ...parts);
  const formula = tree.services
    .get(serviceOfUnit(unit) as ServiceName)
    ?.units.find(({ name }) => name === unit)?.unit.formula;
  if (formula === null || formula === undefined) return [`${unit} runs no formula`];
  const [found, published] = await Promise.all([
    listTree(path('formula')).catch((error: Error) => error.message),
    listTree(world.path('world', formula.slice(formula.indexOf(':') + 1))),
  ]);
  if (JSON.stringify(found) !== JSON.stringify(published))
    faults.push(`${unit}: its formula's directory is not what was published as ${formula}`);
  const life = (await readFile(path('data', 'life'), 'utf8').catch(() => 'none')).trim();
  const book = await readFile(path('data', 'book'), 'utf8').catch(() => 'nothing');
  if (book !== lives.find((each) => each.unit === unit && each.id === life)?.text)
    faults.push(`${unit}: its data (life ${life}) is not what its hooks wrote`);
  const kept = (await readdir(path('.formula'))).filter((name) => !name.endsWith('.json'));
  if (kept.length > 3 || kept.some((name) => name.startsWith('.')))
    faults.push(`${unit} keeps too much beside its formula: ${kept.join(', ')}`);
  return faults;
}
