import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { type Metadata, metadataSchema } from '../../../state/formula/metadata.js';
import { type AddedRelation, addRelation } from '../../../control/relate/add-relation.js';
import { parseEndpointName } from '../../../state/model/endpoints.js';
import { nodeValue } from '../../../state/model/entity.js';
import { registerFormula } from '../../../state/model/formulas.js';
import { paths } from '../../../state/model/paths.js';
import { meetingOperations } from '../../../state/model/relations.js';
import { createService } from '../../../state/model/services.js';
import { now } from './tree.js';

/** The sections of metadata.yaml that relations come from, as they are written there. */
export interface Sections {
  readonly provides?: object;
  readonly requires?: object;
  readonly peers?: object;
  readonly subordinate?: boolean;
}

export function metadataOf(name: string, sections: Sections, revision = 1): Metadata {
  return metadataSchema.parse({ name, revision, ...sections });
}

/** Publishes `p:<name>-<revision>` with this metadata, without a bundle. */
export async function publishFormula(
  coordinator: Coordinator,
  name: string,
  sections: Sections,
  revision = 1,
): Promise<string> {
  const id = `p:${name}-${revision}`;
  const record = {
    sha256: 'a'.repeat(64),
    size: 1,
    storageKey: 'k',
    metadata: { ...metadataOf(name, sections, revision) },
    config: {},
    publishedAt: now,
  };
  await registerFormula(coordinator, id, record, { path: name, kind: 'directory' });
  return id;
}

/** Publishes a formula and makes a service of the same name, without units. */
export async function addRelatable(
  coordinator: Coordinator,
  name: string,
  sections: Sections,
): Promise<void> {
  const formula = await publishFormula(coordinator, name, sections);
  await createService(coordinator, name, { formula, repository: { name: 'p', path: '/p' } }, {});
}

export function relate(coordinator: Coordinator, one: string, other: string): Promise<AddedRelation> {
  return addRelation(coordinator, [parseEndpointName(one), parseEndpointName(other)], now);
}

/** Leaves a unit's traces in a relation, as its agent does when it joins. */
export async function join(coordinator: Coordinator, meeting: string, unit: string): Promise<void> {
  if ((await coordinator.get(paths.members(meeting))) === undefined) {
    await coordinator.transaction([
      { kind: 'create', path: meeting, value: '{}' },
      ...meetingOperations(meeting),
    ]);
  }
  await coordinator.create(paths.settings(meeting, unit), nodeValue({}));
}
