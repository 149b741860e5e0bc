import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Port, parsePort } from '../../hooks/context/port.js';
import type { HookContextSource } from '../../hooks/context/source.js';
import { readEntity } from '../../state/model/entity.js';
import { isOfLife } from '../../state/model/incarnation.js';
import { compareUnits, paths } from '../../state/model/paths.js';
import { type Settings, settingsSchema } from '../../state/model/relation-schemas.js';
import type { UnitDirectory } from '../disk/unit-directory.js';
import { shortened } from '../contract/shortened.js';
import { findRelation } from './find-relation.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { HookHost } from './hook-call.js';
import { ownSettings } from './write-settings.js';

/** Characters of one message of `ensemble-log`. */
const MOST_LOGGED = 64 * 1024;

/** The file that holds what the unit's hooks print and log. */
export function hookLog(directory: UnitDirectory): string {
  return join(directory.log, 'hooks.log');
}

/** The unit's open ports, from the journal. */
export function openPorts(host: HookHost): readonly Port[] {
  return host.record().ports.flatMap((text) => parsePort(text) ?? []);
}

/** The reads and changes that are open to the hook run `id`, from the unit's journal and the state tree. */
export function hookSource(host: HookHost, id: string): HookContextSource {
  const { parts } = host;
  return {
    unit: host.name,
    upgrade(of) {
      const { hook } = host.record();
      const about = of ?? (hook?.id === id ? hook.about?.unit : undefined) ?? host.name;
      return about === host.name ? host.word : host.others.word(about);
    },
    config: () => host.config(),
    address: (kind) => parts.addresses.current()?.[kind] ?? '',
    ports: () => openPorts(host),
    log: (level, message) =>
      appendFile(
        hookLog(host.directory),
        `${new Date(parts.clock.now()).toISOString()} ${level} ${shortened(message, MOST_LOGGED)}\n`,
      ),
    status: (message, workload) =>
      host.save({ message: shortened(message), wentBack: undefined, workload: workload ?? null }),
    relations: () =>
      host.relationRecords().map(({ identifier, name, role, interface: of, remoteService }) => ({
        id: identifier,
        name,
        role,
        interface: of,
        service: remoteService,
      })),
    members: (relation) => presentMembers(host, relation),
    settings: (relation, unit) => readSettings(host, relation, unit),
    written: (relation) => ownSettings(host, relation),
    async keep(context) {
      const { hook } = host.record();
      if (hook?.id === id) await host.save({ hook: { ...hook, context } });
    },
  };
}

function presentMembers(host: HookHost, id: string): readonly string[] {
  const record = findRelation(host, id);
  return record === undefined ? [] : Object.keys(record.queue.known).sort(compareUnits);
}

/**
 * Settings that are observed anyway, or were kept of a unit that departed, are not read again; the unit's own
 * settings are.
 */
async function readSettings(host: HookHost, id: string, unit: string): Promise<Settings | undefined> {
  const record = findRelation(host, id);
  if (record === undefined) return undefined;
  const { parts } = host;
  if (!isStillIn(host, record)) return record.departed[unit];
  const observed = unit === host.name ? undefined : parts.meetings.view(record.meeting)?.get(unit);
  const known = observed?.settings ?? record.departed[unit];
  if (known !== undefined) return known;
  const read = await readEntity(parts.coordinator, paths.settings(record.meeting, unit), settingsSchema);
  return read?.value;
}

/** A unit that was taken out of the tree reads there only of relations which it was in, and nothing under its own name. */
function isStillIn(host: HookHost, { incarnation, relation }: RelationRecord): boolean {
  const { evicted, service } = host.record();
  if (evicted === undefined) return true;
  const present = host.parts.relations.view(service)?.get(relation)?.relation;
  return present !== undefined && isOfLife(incarnation, present);
}
