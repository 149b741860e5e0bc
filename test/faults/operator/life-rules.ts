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
  for (const relation of relations)
    faults.push(...relationFaults(life.runs.filter((run) => run.relation === relation)));
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

/** The events of one relation: whom the unit knows of, one after the other. */
export function knownOf(runs: readonly Run[]): {
  readonly known: ReadonlySet<string>;
  readonly faults: readonly string[];
} {
  const known = new Set<string>();
  const faults: string[] = [];
  let joined: string | undefined;
  for (const [index, run] of runs.entries()) {
    if (repeats(run, runs[index - 1])) continue;
    const event = run.hook.slice(run.hook.lastIndexOf('-') + 1);
    const remote = run.remote ?? '';
    if (joined !== undefined && !(event === 'changed' && remote === joined))
      faults.push(`${runInWords(run)} follows joined of ${joined}, not its changed`);
    joined = undefined;
    if (runs[index - 1]?.hook.endsWith('-broken')) faults.push(`${runInWords(run)} follows broken`);
    if (event === 'broken') {
      if (known.size > 0) faults.push(`broken while ${[...known].join(', ')} had not departed`);
      known.clear();
      continue;
    }
    if (event === 'joined' ? known.has(remote) : !known.has(remote))
      faults.push(`${runInWords(run)} of a unit that it ${event === 'joined' ? 'knew' : 'did not know'}`);
    if (event === 'departed') known.delete(remote);
    else known.add(remote);
    if (event === 'joined') joined = remote;
  }
  return { known, faults };
}

function relationFaults(runs: readonly Run[]): readonly string[] {
  return knownOf(runs).faults;
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
