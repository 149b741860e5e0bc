import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { type Entity, nodeValue, type Problem, readEntity } from '../../state/model/entity.js';
import { type LevelStep, levelStepSchema, type StepKind, stepKinds } from '../../state/model/level-step.js';
import { paths } from '../../state/model/paths.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { findAdoptions } from './adopt-lives.js';

/** Bounds of one batch: ZooKeeper takes 1 MB. */
const MOST_CHANGED = 200;
const MOST_CHARACTERS = 250_000;

/** The names of all that a step looks through. */
type Names = Readonly<Record<StepKind, readonly string[]>>;

export function readStep(coordinator: Coordinator): Promise<Entity<LevelStep> | undefined> {
  return readEntity(coordinator, paths.layoutStep, levelStepSchema);
}

/** The services, relations and units of an environment. */
export async function namesToLookThrough(coordinator: Coordinator): Promise<Names> {
  const [services, relations, units] = await Promise.all(
    stepKinds.map(async (kind) => ((await coordinator.children(paths[kind])) ?? []).toSorted()),
  );
  return { services: services ?? [], relations: relations ?? [], units: units ?? [] };
}

/** Whoever takes the step further, and how. */
export interface Walk {
  /** The environment's id. */
  readonly environment: string;
  /** By path, what could not be read and is left as it is. */
  readonly problems: Map<string, Problem>;
  /** Entities that are changed together, at most. */
  readonly most?: number | undefined;
}

/**
 * Takes a step from where it stands to the end of its passes, in batches: each is one transaction over what it changes and
 * `/layout/step`. It may be killed at any moment, and done by several at once.
 * @returns the step, which has nothing left to change; undefined where somebody else ended it meanwhile
 */
export async function walkStep(
  coordinator: Coordinator,
  { environment, problems, most = MOST_CHANGED }: Walk,
): Promise<Entity<LevelStep> | undefined> {
  let names: { readonly pass: number; readonly all: Names } | undefined;

  async function namesOf(pass: number): Promise<Names> {
    if (names?.pass !== pass) names = { pass, all: await namesToLookThrough(coordinator) };
    return names.all;
  }

  /** The next batch after the last one; undefined where the pass is at its end. */
  async function nextBatch({ pass, after }: LevelStep): Promise<Batch | undefined> {
    const all = await namesOf(pass);
    let looked = 0;
    for (const kind of stepKinds) {
      const begin = after === undefined ? 0 : firstBehind(all, kind, after);
      for (let start = begin; start < all[kind].length; start += most) {
        const some = all[kind].slice(start, start + most);
        const unread: Problem[] = [];
        const adoptions = within(await findAdoptions(coordinator, environment, kind, some, unread));
        for (const problem of unread) problems.set(problem.path, problem);
        const last = adoptions.at(-1);
        if (last === undefined) continue;
        return {
          after: { kind, name: last.name },
          looked: looked + all[kind].indexOf(last.name) + 1,
          changed: adoptions.length,
          operations: adoptions.flatMap(({ operations }) => operations),
        };
      }
      looked += all[kind].length;
    }
    return undefined;
  }

  /** One write. @returns the step where there is none to make, null where there is no step any more */
  async function advance(): Promise<Entity<LevelStep> | null | undefined> {
    const step = await readStep(coordinator);
    if (step === undefined) return null;
    const { value, version } = step;
    const set = (next: LevelStep): Operation => ({
      kind: 'set',
      path: paths.layoutStep,
      value: nodeValue(next),
      version,
    });
    const batch = await nextBatch(value);
    if (batch !== undefined) {
      const { operations, changed, ...where } = batch;
      const next = { ...value, ...where, changed: value.changed + changed };
      await betweenFaults('upgrade-environment.batch', () =>
        coordinator.transaction([set(next), ...operations]),
      );
      return undefined;
    }
    // Nothing was found from the beginning to the end.
    if (value.after === undefined) return step;
    await betweenFaults('upgrade-environment.pass', () => coordinator.transaction([set(nextPass(value))]));
    return undefined;
  }

  for (;;) {
    const end = await retryOnConflict('the step to the next layout', advance);
    if (end === null) return undefined;
    if (end !== undefined) return end;
  }
}

/** What one transaction changes, and where the step is after it. */
interface Batch extends Required<Pick<LevelStep, 'looked' | 'changed'>> {
  readonly after: NonNullable<LevelStep['after']>;
  readonly operations: readonly Operation[];
}

/** The step at the beginning of its next pass. */
export function nextPass({ after: _, ...step }: LevelStep): LevelStep {
  return { ...step, pass: step.pass + 1, looked: 0 };
}

/** The index of the first name of a kind that is behind a place. */
function firstBehind(all: Names, kind: StepKind, after: NonNullable<LevelStep['after']>): number {
  const ahead = stepKinds.indexOf(kind) - stepKinds.indexOf(after.kind);
  if (ahead > 0) return 0;
  if (ahead < 0) return all[kind].length;
  const index = all[kind].findIndex((name) => name > after.name);
  return index === -1 ? all[kind].length : index;
}

/** The first of them, as far as one transaction takes them; one at least. */
function within<T extends { readonly operations: readonly Operation[] }>(
  adoptions: readonly T[],
): readonly T[] {
  let characters = 0;
  const end = adoptions.findIndex(({ operations }, index) => {
    for (const operation of operations)
      characters += operation.path.length + ('value' in operation ? operation.value.length : 0);
    return index > 0 && characters > MOST_CHARACTERS;
  });
  return end === -1 ? adoptions : adoptions.slice(0, end);
}
