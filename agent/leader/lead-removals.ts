import { finishRelation, finishService } from '../../control/remove/finish-removal.js';
import type { Coordinator, Node, Operation } from '../../state/coordination/coordinator.js';
import { writingBy } from '../../state/coordination/writing-by.js';
import { parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { relationSchema } from '../../state/model/relation-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Log } from '../contract/log.js';

interface Parts {
  readonly coordinator: Coordinator;
  readonly clock: Clock;
  readonly log: Log;
  /** The guard of the term for which it leads. */
  readonly guard: Operation;
  readonly over: AbortSignal;
}

/** Milliseconds for which a removal is left to the command that marked it. */
const LEFT_TO_COMMAND = 2_000;

/** Milliseconds after which a removal is tried again that could not be finished. */
const AFTER_FAILURE = 30_000;

/** Things of one kind that are marked before they go. */
interface Kind {
  readonly what: 'service' | 'relation';
  /** The node whose children are their names. */
  readonly all: string;
  readonly path: (name: string) => string;
  readonly isMarked: (path: string, node: Node | undefined) => boolean;
  readonly finish: (coordinator: Coordinator, name: string) => Promise<void>;
}

const KINDS: readonly Kind[] = [
  {
    what: 'service',
    all: paths.services,
    path: paths.service,
    isMarked: (path, node) => parseSound(path, serviceSchema, node, [])?.value.destroying === true,
    finish: finishService,
  },
  {
    what: 'relation',
    all: paths.relations,
    path: paths.relation,
    isMarked: (path, node) => parseSound(path, relationSchema, node, [])?.value.removing === true,
    finish: finishRelation,
  },
];

/** Finishes removals whose command died between its mark and its requests to the units, until `over` is aborted. */
export function leadRemovals(parts: Parts): void {
  const watched = KINDS.map((kind) => watchKind(parts, kind));
  parts.over.addEventListener(
    'abort',
    () => {
      for (const each of watched) each.end();
    },
    { once: true },
  );
}

function watchKind(parts: Parts, kind: Kind): { end(): void } {
  const watched = new Map<string, { end(): void }>();
  const observation = parts.coordinator.observeChildren(kind.all, (names = []) => {
    const present = new Set(names);
    for (const [name, each] of watched) {
      if (present.has(name)) continue;
      watched.delete(name);
      each.end();
    }
    for (const name of present) if (!watched.has(name)) watched.set(name, watchOne(parts, kind, name));
  });
  return {
    end() {
      observation.close();
      for (const each of watched.values()) each.end();
    },
  };
}

/** Each mark is finished once: whatever is asked for later is the business of the command that asks. */
function watchOne(
  { coordinator, clock, log, guard, over }: Parts,
  kind: Kind,
  name: string,
): { end(): void } {
  const path = kind.path(name);
  // Removals of one that is deposed are refused.
  const guarded = writingBy(coordinator, (operations) => coordinator.transaction([guard, ...operations]));
  let timer: Timer | undefined;
  let isEnded = false;
  const finish = (): void => {
    kind.finish(guarded, name).catch((error: unknown) => {
      if (isEnded || over.aborted) return;
      log.error('a removal cannot be finished, and is tried again', { [kind.what]: name, error });
      timer = clock.after(AFTER_FAILURE, finish);
    });
  };
  const observation = coordinator.observe(path, (node) => {
    if (kind.isMarked(path, node)) timer ??= clock.after(LEFT_TO_COMMAND, finish);
    else {
      timer?.cancel();
      timer = undefined;
    }
  });
  return {
    end() {
      isEnded = true;
      observation.close();
      timer?.cancel();
    },
  };
}
