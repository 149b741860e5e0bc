import { nodeValue, readEntity } from '../../state/model/entity.js';
import { checkLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import { resolvedSchema } from '../../state/model/request-schemas.js';
import { statusSchema } from '../../state/model/unit-schemas.js';
import { isErrorState, type WorkflowState } from '../../state/model/workflow-state.js';
import { lifeOfDirectory, unitDirectory } from '../disk/unit-directory.js';
import type { JournalDamaged } from '../contract/errors.js';
import type { AgentParts } from '../machine/parts.js';
import { untilItWorks } from '../contract/retry.js';
import { placedLives } from '../tree/placed-lives.js';
import { type Life, watchRequests } from '../tree/watch-requests.js';

/** The error a unit is shown in by the state it was seen in last: all that is known of it. */
const errors: Readonly<Record<string, WorkflowState | undefined>> = {
  pending: 'install-error',
  installing: 'install-error',
  starting: 'start-error',
  upgrading: 'upgrade-error',
  stopping: 'stop-error',
  stopped: 'stop-error',
};

/** Who hosts the unit. */
interface DamagedOwner {
  /** An operator asked that the unit begin its life anew; nothing of it is in the journal any more. */
  anew(life: Life): Promise<void>;
  /** The tree may have another life of the unit's name. */
  suspects(): void;
}

export interface DamagedUnit {
  end(): void;
  /**
   * True if this is another life than that of the unit which cannot be read, as far as its directory says whose it
   * is. Then nothing is left of that one but its directory, which is put aside: nobody knows how to stop it.
   */
  isReplacedBy(life: Life): Promise<boolean>;
}

/**
 * Stands in for a unit whose journal cannot be read, which is left alone: nothing is known of what it did. Tells in the
 * tree that it is in error, until an operator has it begin its life anew, or removed.
 */
export function attendDamaged(
  parts: Pick<
    AgentParts,
    'clock' | 'coordinator' | 'directory' | 'journal' | 'kept' | 'log' | 'machine' | 'random' | 'writer'
  >,
  damage: JournalDamaged,
  { anew, suspects }: DamagedOwner,
): DamagedUnit {
  const { coordinator, clock, random, log, writer, machine, journal } = parts;
  const { unit } = damage;
  const directory = unitDirectory(parts.directory.units, unit);
  const incarnation = lifeOfDirectory(directory) || undefined;
  let end = (): void => {
    over = true;
  };
  let over = false;
  log.error('the unit is not hosted', { unit, error: damage });

  const placed = async (): Promise<Life | undefined> =>
    (await placedLives(coordinator, machine, [unit])).get(unit);
  const isAnother = (life: Life | undefined): boolean =>
    incarnation !== undefined && life?.incarnation !== undefined && life.incarnation !== incarnation;

  async function begin(): Promise<void> {
    const life = (await placed()) ?? { unit, incarnation: undefined };
    await journal.remove(unit);
    await anew(life);
  }

  const tell = (): Promise<void> =>
    writer.write(async () => {
      const path = paths.status(unit);
      const [found, life] = await Promise.all([readEntity(coordinator, path, statusSchema), placed()]);
      if (found === undefined || over || found.value.message === damage.message) return [];
      if (isAnother(life)) return [];
      const { state } = found.value;
      const status = {
        ...found.value,
        state: isErrorState(state) ? state : (errors[state] ?? 'config-error'),
        since: new Date(clock.now()).toISOString(),
        message: damage.message,
        next: damage.next,
      };
      // A `resolved` that stands already was about another error.
      const resolved = await readEntity(coordinator, paths.resolved(unit), resolvedSchema);
      return [
        ...checkLife(unit, life?.incarnation),
        { kind: 'set', path, value: nodeValue(status), version: found.version },
        ...(resolved === undefined
          ? []
          : [{ kind: 'remove', path: paths.resolved(unit), version: resolved.version } as const]),
      ];
    });

  function listen(): void {
    if (over) return;
    const requests = watchRequests(coordinator, { unit, incarnation }, log, suspects, (found) => {
      if (over || (found.removal === undefined && found.resolved?.value.retry !== true)) return;
      end();
      begin().catch((error: unknown) => log.error('the unit cannot begin anew', { unit, error }));
    });
    end = () => {
      over = true;
      requests.close();
    };
  }

  untilItWorks(tell, {
    clock,
    random,
    mayHeal: () => !over,
    failed: (error) => log.warning('the damage of the journal cannot be told yet', { unit, error }),
  })
    .then(listen)
    .catch((error: unknown) => log.debug('the damage of the journal is not told', { unit, error }));
  return {
    end: () => end(),
    async isReplacedBy(life) {
      if (!isAnother(life)) return false;
      end();
      const aside = await parts.kept.putAside(directory.root, {
        unit,
        incarnation: incarnation ?? '',
        at: clock.now(),
        forGood: true,
      });
      await journal.remove(unit);
      log.warning(
        `another unit has the name of the one that cannot be read, whose data is put aside: ${aside?.directory ?? 'there is none'}`,
        {
          unit,
          incarnation: life.incarnation,
        },
      );
      return true;
    },
  };
}
