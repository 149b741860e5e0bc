import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { unlessGone } from '../../state/coordination/unless-gone.js';
import { EnsembleError } from '../../state/platform/errors.js';
import type { Clock } from '../../state/platform/clock.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { KEPT_REQUEST, type KeptRequest, type KeptUnit, keptRequestSchema } from '../../state/model/kept.js';
import { paths } from '../../state/model/paths.js';
import type { KeptUnits } from '../disk/kept-units.js';
import { wordsOf } from '../contract/refused-by-system.js';
import type { Log } from '../contract/log.js';
import { untilItWorks } from '../contract/retry.js';

/** Units that an answer names: each takes some 300 bytes. */
const MOST_NAMED = 500;

/** Answers need this. */
interface Answering {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** Does what `ensemble prune --removed` asks of this machine, each request once, and answers it. */
export function answerKeptRequests(
  coordinator: Coordinator,
  machine: string,
  kept: KeptUnits,
  { clock, random, log }: Answering,
): Observation {
  /** Those that stand, with what came of them. */
  const seen = new Map<string, Promise<void>>();
  let over = false;

  async function answer(id: string): Promise<void> {
    const path = paths.keptRequest(machine, id);
    const request = await readEntity(coordinator, path, keptRequestSchema);
    if (request === undefined || request.value.result !== undefined || over) return;
    const { unit, dryRun, by } = request.value;
    if (dryRun !== true)
      log.info(
        `${by} removes the kept directories of ${unit ?? 'removed units'}`,
        unit === undefined ? {} : { unit },
      );
    const result = await kept.prune({ unit, dryRun }).then(resultOf, (error: unknown) => {
      log.warning('the kept directories of removed units cannot be looked through', { error });
      return { ...resultOf([]), reason: wordsOf(error) };
    });
    // The next agent removes the rest, and answers that.
    if (over) return;
    await retryOnConflict(path, async () => {
      const standing = await readEntity(coordinator, path, keptRequestSchema);
      if (standing === undefined) return;
      const value = nodeValue({ ...standing.value, result });
      await unlessGone(async () => {
        await coordinator.set(path, value, standing.version);
      });
    });
  }

  const observation = coordinator.observeChildren(paths.machine(machine), (children = []) => {
    const ids = children.flatMap((name) =>
      name.startsWith(KEPT_REQUEST) ? [name.slice(KEPT_REQUEST.length)] : [],
    );
    for (const id of seen.keys()) if (!ids.includes(id)) seen.delete(id);
    for (const id of ids) {
      if (seen.has(id)) continue;
      const done = untilItWorks(() => answer(id), {
        clock,
        random,
        mayHeal: (error) => error instanceof EnsembleError && !over,
        failed: (error) => log.warning('the answer to a request waits', { error }),
      }).catch((error: unknown) => {
        if (!over) log.error('the answer to a request is lost', { error });
      });
      seen.set(id, done);
    }
  });
  return {
    close() {
      over = true;
      observation.close();
    },
  };
}

function resultOf(units: readonly KeptUnit[]): NonNullable<KeptRequest['result']> {
  const left = units.slice(MOST_NAMED);
  return {
    units: units.slice(0, MOST_NAMED),
    more: { units: left.length, bytes: left.reduce((sum, { bytes }) => sum + bytes, 0) },
  };
}
