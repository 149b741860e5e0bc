import { releaseIn } from '../../state/formula/candidate-mark.js';
import { formatFormulaId, parseFormulaId } from '../../state/formula/formula-id.js';
import { publishable } from '../../state/formula/publishable.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { FormulaNotPublished } from '../../state/model/errors.js';
import { paths } from '../../state/model/paths.js';
import { requireService } from '../../state/model/services.js';
import { type PublishEvent, publish } from '../publish/publish.js';
import { withWorkDirectory } from '../publish/work-directory.js';
import { openTrusted } from '../repositories/open-named.js';
import type { Session } from '../session.js';

/**
 * Publishes a revision of a service's formula that nobody asked for yet, and has the agents of its units fetch and verify it:
 * an upgrade to it then pauses no unit for a download. Doing it twice is doing it once.
 * @param now milliseconds since the epoch
 * @throws ServiceNotFound, RevisionNotFound, whatever `publish` and `openTrusted` throw
 */
export async function stageForUnits(
  session: Session,
  service: string,
  revision: number,
  now: number,
  tell: (event: PublishEvent) => void,
): Promise<void> {
  const { coordinator, environment } = session;
  const { value } = await requireService(coordinator, service);
  const deployed = parseFormulaId(value.formula);
  const repository = await openTrusted(session, value.repository.path);
  const candidate = repository.find(deployed.name, revision);
  const id = formatFormulaId(releaseIn(deployed, revision));
  await withWorkDirectory(async (directory) => {
    const prepared = await publishable(candidate, directory, tell, environment.trust);
    await publish(session, id, prepared, now, tell, () => take(session, service, id));
  });
}

/** The service names it, so that it is not pruned, and its agents fetch it. */
async function take({ coordinator }: Session, service: string, id: string): Promise<void> {
  await retryOnConflict(`service ${service}`, async () => {
    const [{ value, version }, formula] = await Promise.all([
      requireService(coordinator, service),
      coordinator.get(paths.formula(id)),
    ]);
    if (formula === undefined) throw new FormulaNotPublished({ formula: id });
    if (value.prefetch === id) return;
    await coordinator.transaction([
      { kind: 'check', path: paths.formula(id) },
      { kind: 'set', path: paths.service(service), value: nodeValue({ ...value, prefetch: id }), version },
    ]);
  });
}
