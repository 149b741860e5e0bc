import assert from 'node:assert/strict';
import { addUnits } from '../../control/deploy/add-units.js';
import { requireRollout } from '../../control/rollout/read-rollout.js';
import { rolloutDocument } from '../../control/rollout/rollout-document.js';
import { statusDocument } from '../../control/status/make-status-document.js';
import { narrow } from '../../control/status/scopes.js';
import { readSnapshot } from '../../control/status/snapshot.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { beginRollout, type Rollout } from '../../state/model/rollout.js';
import { createService } from '../../state/model/services.js';
import { unitSchema } from '../../state/model/unit-schemas.js';
import { publishFormula } from '../state/model/relation-tree.js';
import { now, useTree } from '../state/model/tree.js';

const [one, two] = ['p:web-1', 'p:web-2'];
const repository = { name: 'p', path: '/p' };

describe('status of a service whose rollout waits', () => {
  const tree = useTree();

  /** A service with two units, and its rollout, which is paused. */
  async function paused(change: Partial<Rollout>, formulas: readonly string[]): Promise<string> {
    for (const revision of [1, 2]) await publishFormula(tree.one, 'web', {}, revision);
    const isClone = change.clone !== undefined;
    await createService(tree.one, 'web', { formula: isClone ? one : two, repository }, {});
    await addUnits(tree.one, 'web', formulas.length, now);
    for (const [index, formula] of formulas.entries()) await runs(`web/${index}`, formula);
    const { rollout, operations } = beginRollout('web', undefined, {
      ...{ from: one, to: two, revertTo: one, by: 'ann@host', requestedAt: now, parameters: {} },
      ...{ state: 'paused', stateSince: now, countedFrom: now, ...change },
    });
    await tree.one.transaction(operations);
    return rollout.id;
  }

  async function runs(name: string, formula: string): Promise<void> {
    const unit = await readEntity(tree.one, paths.unit(name), unitSchema);
    await tree.one.set(paths.unit(name), nodeValue({ ...unit?.value, formula }));
    const status = { state: 'started', since: now, message: '' };
    await tree.one.set(paths.status(name), nodeValue(status));
  }

  /** What both say is next, and the services that `status web` lists. */
  async function told(): Promise<{ next: unknown; ofRollout: unknown; services: readonly string[] }> {
    const { services } = statusDocument('e', narrow(await readSnapshot(tree.one), ['web']));
    const read = await requireRollout(tree.one, 'web', Date.parse(now));
    return {
      next: services.web?.rollout?.next,
      ofRollout: rolloutDocument('web', read).next,
      services: Object.keys(services),
    };
  }

  it('names the units that its clone lacks, as rollout status does, and lists the clone', async () => {
    const clone = { service: 'web-r2', made: true };
    const parameters = { strategy: 'clone' };
    const rollout = await paused({ gate: 'clone', clone, parameters }, [one, one]);
    await createService(
      tree.one,
      'web-r2',
      { formula: two, repository, cloneOf: { service: 'web', rollout } },
      {},
    );
    await addUnits(tree.one, 'web-r2', 1, now);
    await runs('web-r2/0', two);
    const next = 'ensemble add-unit -n 1 web-r2';
    assert.deepEqual(await told(), { next, ofRollout: next, services: ['web', 'web-r2'] });
  });

  it('names the word that has another canary tried, as rollout status does', async () => {
    await paused({ gate: 'canary', parameters: { canary: '1' } }, [one, one]);
    const next = 'ensemble rollout resume web';
    assert.deepEqual(await told(), { next, ofRollout: next, services: ['web'] });
  });

  it('names the word that promotes a canary, as rollout status does', async () => {
    await paused({ gate: 'canary', parameters: { canary: '1' } }, [one, two]);
    const next = 'ensemble rollout promote web';
    assert.deepEqual(await told(), { next, ofRollout: next, services: ['web'] });
  });
});
