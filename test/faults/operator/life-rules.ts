import { serviceOfUnit } from '../../../state/model/paths.js';
import { endpointsOf, services } from './formulas.js';
import { type Life, type Run, runInWords } from './lives.js';

/** Whether the run is the one before once more, after that failed. */
function repeats(run: Run, before: Run | undefined): boolean {
  return (
    before !== undefined &&
    before.exit !== 0 &&
    before.hook === run.hook &&
    before.relation === run.relation &&
    before.remote === run.remote
  );
}

const isRelationHook = (run: Run): boolean => run.relation !== undefined;
const isTurn = ({ hook }: Run): boolean => hook === 'upgrade-formula' || hook === 'revert-formula';

/** What is wrong with a life, whenever one looks: nothing of it can become right later. */
export function faultsOfLife(life: Life): readonly string[] {
  // Its first hook is about to note that it began.
  if (life.runs.length === 0) return [];
  const faults = [...orderFaults(life.runs), ...revisionFaults(life.runs)];
  const relations = new Set(life.runs.flatMap(({ relation }) => relation ?? []));
  for (const relation of relations) {
    const runs = life.runs.filter((run) => run.relation === relation || isTurn(run));
    faults.push(...eventsOf(runs, (revision) => declares(life.unit, relation, revision)).faults);
  }
  if (life.id === 'none') faults.push('its hooks found no data of an install');
  if (new Set(life.runs.map(({ machine }) => machine)).size > 1) faults.push('it ran on two machines');
  const history = life.runs.map(runInWords).join(', ');
  return faults.map((fault) => `${life.unit} (life ${life.id}): ${fault}; its hooks: ${history}`);
}

/** `install` first and once, `config-changed` and `start` before relations, `stop` last, nothing beside another. */
function orderFaults(runs: readonly Run[]): readonly string[] {
  const faults: string[] = [];
  const overlapping = runs.find(({ overlaps }) => overlaps);
  if (overlapping !== undefined) faults.push(`${runInWords(overlapping)} overlapped another hook`);
  if (runs[0]?.hook !== 'install') faults.push('install is not its first hook');
  for (const [index, run] of runs.entries()) {
    const earlier = runs.slice(0, index);
    // A revision that is forced upon a unit in error brings its own hook in between.
    const before = earlier.findLast((other) => !isTurn(other) || run.hook === other.hook);
    if (run.hook === 'install' && index > 0 && !repeats(run, before)) faults.push('install ran again');
    if (isRelationHook(run) && !earlier.some(({ hook }) => hook === 'start'))
      faults.push(`${runInWords(run)} before start`);
    if (earlier.at(-1)?.hook === 'stop' && !repeats(run, earlier.at(-1)))
      faults.push(`${runInWords(run)} after stop`);
    if (run.exit === undefined && index < runs.length - 1) faults.push(`${runInWords(run)} never ended`);
  }
  return faults;
}

/** The first hook of another revision is the one that is told of it. */
function revisionFaults(runs: readonly Run[]): readonly string[] {
  return runs.flatMap((run, index) => {
    const before = runs[index - 1];
    if (before === undefined || before.revision === run.revision || isTurn(run)) return [];
    return [`${runInWords(run)} is the first hook after revision ${before.revision}`];
  });
}

/** Whether a unit's formula of that revision has the endpoint that the relation is of. */
function declares(unit: string, relation: string, revision: number): boolean {
  const name = relation.slice(0, relation.indexOf(':'));
  const formula = Object.entries(services).find(([service]) => service === serviceOfUnit(unit))?.[1];
  return formula === undefined || name === 'ensemble-info' || name in endpointsOf(formula, revision);
}

/**
 * The events of one relation, one after the other.
 * @param runs of its hooks, and those in which the unit turned to another revision
 * @param isDeclared whether a revision takes part in it
 * @returns whom the unit knows of in the end, and what was wrong on the way
 */
export function eventsOf(
  runs: readonly Run[],
  isDeclared: (revision: number) => boolean = () => true,
): { readonly known: ReadonlySet<string>; readonly faults: readonly string[] } {
  const known = new Set<string>();
  const faults: string[] = [];
  let joined: string | undefined;
  let isBroken = false;
  let before: Run | undefined;
  for (const run of runs) {
    if (isTurn(run)) {
      if (!isDeclared(run.revision) && known.size > 0)
        faults.push(`${runInWords(run)} while ${[...known].join(', ')} had not departed from what it lacks`);
      // A unit that comes back to a revision that takes part joins once more.
      isBroken = false;
      continue;
    }
    const again = repeats(run, before);
    before = run;
    if (again) continue;
    const event = run.hook.slice(run.hook.lastIndexOf('-') + 1);
    const remote = run.remote ?? '';
    if (joined !== undefined && !(event === 'changed' && remote === joined))
      faults.push(`${runInWords(run)} follows joined of ${joined}, not its changed`);
    // One that left for an upgrade that was called off then joins again.
    if (isBroken && event !== 'joined') faults.push(`${runInWords(run)} follows broken`);
    if (event === 'broken' && known.size > 0)
      faults.push(`broken while ${[...known].join(', ')} had not departed`);
    if (event !== 'broken' && (event === 'joined') === known.has(remote))
      faults.push(`${runInWords(run)} of a unit that it ${event === 'joined' ? 'knew' : 'did not know'}`);
    isBroken = event === 'broken';
    joined = event === 'joined' ? remote : undefined;
    if (event === 'broken') known.clear();
    else if (event === 'departed') known.delete(remote);
    else known.add(remote);
  }
  return { known, faults };
}

/** What a life that was let go in order lacks at its end: each relation broken, and `stop`. */
export function faultsOfEnd(life: Life): readonly string[] {
  if (!life.runs.some(({ hook }) => hook === 'start')) return [];
  const faults: string[] = [];
  if (life.runs.at(-1)?.hook !== 'stop') faults.push('stop is not its last hook');
  for (const relation of new Set(life.runs.flatMap(({ relation: id }) => id ?? []))) {
    const last = life.runs.findLast((run) => run.relation === relation);
    if (!last?.hook.endsWith('-broken')) faults.push(`${relation} was never broken`);
  }
  const history = life.runs.map(runInWords).join(', ');
  return faults.map((fault) => `${life.unit} (life ${life.id}), removed: ${fault}; its hooks: ${history}`);
}
