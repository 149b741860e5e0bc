import { nodeValue, readEntity } from '../state/model/entity.js';
import { paths } from '../state/model/paths.js';
import { resolvedSchema, statusSchema } from '../state/model/schemas.js';
import { isErrorState, type WorkflowState } from '../state/model/workflow-state.js';
import type { JournalDamaged } from './errors.js';
import type { AgentParts } from './parts.js';
import { untilItWorks } from './retry.js';
import { watchRequests } from './tree/watch-requests.js';

/** The error a unit is shown in by the state it was seen in last: all that is known of it. */
const errors: Readonly<Record<string, WorkflowState | undefined>> = {
  pending: 'install-error',
  installing: 'install-error',
  starting: 'start-error',
  upgrading: 'upgrade-error',
  stopping: 'stop-error',
  stopped: 'stop-error',
};

/**
 * Stands in for a unit whose journal cannot be read, which is left alone: nothing is known of what it did. Tells in the
 * tree that it is in error, until an operator has it begin its life anew, or removed.
 * @param anew called once, when an operator asked
 * @returns what ends it
 */
export function attendDamaged(parts: AgentParts, damage: JournalDamaged, anew: () => void): () => void {
  const { coordinator, clock, random, log, writer } = parts;
  const { unit } = damage;
  let end = (): void => {
    over = true;
  };
  let over = false;
  log.error('the unit is not hosted', { unit, error: damage });

  const tell = (): Promise<void> =>
    writer.write(async () => {
      const path = paths.status(unit);
      const found = await readEntity(coordinator, path, statusSchema);
      if (found === undefined || over || found.value.message === damage.message) return [];
      const { state } = found.value;
      const status = {
        ...found.value,
        state: isErrorState(state) ? state : (errors[state] ?? 'config-error'),
        since: new Date(clock.now()).toISOString(),
        message: damage.message,
        next: damage.next,
      };
      // One that stands already was said of another error.
      const resolved = await readEntity(coordinator, paths.resolved(unit), resolvedSchema);
      return [
        { kind: 'set', path, value: nodeValue(status), version: found.version },
        ...(resolved === undefined
          ? []
          : [{ kind: 'remove', path: paths.resolved(unit), version: resolved.version } as const]),
      ];
    });

  function listen(): void {
    if (over) return;
    const requests = watchRequests(coordinator, unit, log, ({ resolved, removal }) => {
      if (over || (removal === undefined && resolved?.value.retry !== true)) return;
      end();
      anew();
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
  return () => end();
}
