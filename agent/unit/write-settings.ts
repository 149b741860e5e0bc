import type { Operation } from '../../state/coordination/coordinator.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { settingsSchema } from '../../state/model/schemas.js';
import type { HookHost } from './hook-call.js';
import { findRelation } from './hook-source.js';

/** What a hook set, by relation identifier and key; null deletes. */
export type SettingsChanges = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/**
 * Writes what a hook set in its relations, all in one transaction, merging only the keys it set. Writing the same
 * again changes nothing, so that others are not told of a change that is none, and a restart may repeat it.
 */
export async function writeSettings(host: HookHost, changes: SettingsChanges): Promise<void> {
  const entries = Object.entries(changes);
  if (entries.length === 0) return;
  const { coordinator, writer } = host.parts;
  await writer.write(async () => {
    const operations = await Promise.all(
      entries.map(async ([identifier, change]): Promise<readonly Operation[]> => {
        const record = findRelation(host, identifier);
        if (record === undefined) return [];
        const path = paths.settings(record.meeting, host.name);
        const current = await readEntity(coordinator, path, settingsSchema);
        if (current === undefined) return [];
        const merged = Object.entries({ ...current.value, ...change }).filter(([, value]) => value !== null);
        const value = nodeValue(Object.fromEntries(merged));
        return value === nodeValue(current.value)
          ? []
          : [{ kind: 'set', path, value, version: current.version }];
      }),
    );
    return operations.flat();
  });
}
