import type { Operation } from '../../state/coordination/coordinator.js';
import { nodeValue } from '../../state/model/entity.js';
import { checkLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import type { Settings } from '../../state/model/relation-schemas.js';
import { readableSettings } from '../tree/relations.js';
import type { HookHost } from './hook-call.js';
import { findRelation } from './find-relation.js';

/** A hook's changes, by the relation's id and key; null deletes. */
type SettingsChanges = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/**
 * Writes what a hook set in its relations, all in one transaction, merging only the keys it set. Writing the same
 * again changes nothing, so that others are not told of a change that is none, and a restart may repeat it.
 */
export async function writeSettings(host: HookHost, changes: SettingsChanges): Promise<void> {
  const entries = Object.entries(changes);
  if (entries.length === 0) return;
  const { coordinator, writer } = host.parts;
  const ahead = new Map<string, number>();
  await writer.write(async () => {
    ahead.clear();
    // Another unit may have its name in the tree by now.
    if (host.record().evicted !== undefined) return [];
    const operations = await Promise.all(
      entries.map(async ([id, change]): Promise<readonly Operation[]> => {
        const record = findRelation(host, id);
        if (record === undefined) return [];
        const path = paths.settings(record.meeting, host.name);
        const current = await coordinator.get(path);
        if (current === undefined) return [];
        // Nobody else writes it: what others put there that cannot be read ends here.
        const merged = Object.entries({ ...readableSettings(current), ...change }).filter(
          ([, value]) => value !== null,
        );
        const value = nodeValue(Object.fromEntries(merged));
        if (value === current.value) return [];
        ahead.set(path, current.version + 1);
        return [{ kind: 'set', path, value, version: current.version }];
      }),
    );
    const changed = operations.flat();
    return changed.length === 0 ? [] : [...checkLife(host.name, host.record().incarnation), ...changed];
  });
  for (const [path, version] of ahead) host.writtenSettings.set(path, version);
}

/** A unit's own settings in a relation as they are now: as they are observed, unless that is of before its last write. */
export async function ownSettings(host: HookHost, id: string): Promise<Settings> {
  const record = findRelation(host, id);
  if (record === undefined) return {};
  const path = paths.settings(record.meeting, host.name);
  const observed = host.parts.meetings.view(record.meeting)?.get(host.name);
  if (observed?.version !== undefined && observed.version >= (host.writtenSettings.get(path) ?? 0))
    return observed.settings;
  const node = await host.parts.coordinator.get(path);
  return node === undefined ? {} : readableSettings(node);
}
