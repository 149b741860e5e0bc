import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { requireStaying } from '../require-staying.js';
import { type ConfigChanges, changesOf, type IsSecret, setEntry, valuesOf } from './config-changes.js';
import { type FollowingClone, followingClone } from './follow-in-clone.js';
import { NothingToUndo, SetMeanwhile } from './errors.js';
import { newChangeId, retryOnConflict } from '../../state/model/conflict.js';
import { type Entity, nodeValue, parseSound, readEntity } from '../../state/model/entity.js';
import { ServiceNotFound } from '../../state/model/errors.js';
import { recordOperations } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import {
  type ConfigValues,
  type ReplacedConfig,
  configValuesSchema,
  replacedConfigSchema,
} from '../../state/model/service-schemas.js';

/** The wanted values of options, or undefined for the default. */
export type WantedValues = Readonly<Record<string, ConfigValues[string] | undefined>>;

/** The result of a `set`. */
export interface ConfigSet {
  /** Of the config's node as it then stood: whoever has run `config-changed` for it or a later one has the values. */
  readonly version: number;
  /** Empty where the values were there already. */
  readonly changes: ConfigChanges;
  /** The clone of the service that is being tried and got the same, but for these options, which it does not have so. */
  readonly clone?: Pick<FollowingClone, 'service' | 'left'>;
}

/** Characters of what a `set` replaced that are kept: it is written in one transaction with the config. */
const MOST_REPLACED = 65_536;

const nobody: Requester = { requestedAt: '', by: '' };

/**
 * Sets the given values and forgets those given as undefined (back to the default); others are kept, also when
 * somebody else sets them at the same time. What it replaces is kept for `undoConfigValues`.
 * @param requester who is on record for it, with the old and new values
 * @param isSecret of which options only the names are on record; by default, of all
 * @throws ServiceNotFound
 */
export async function setConfigValues(
  coordinator: Coordinator,
  service: string,
  values: WantedValues,
  requester?: Requester,
  isSecret: IsSecret = () => true,
): Promise<ConfigSet> {
  const change = newChangeId();
  let made: ConfigChanges = {};
  return retryOnConflict(`config of ${service}`, async () => {
    const [current, replaced] = await Promise.all([
      readEntity(coordinator, paths.config(service), configValuesSchema),
      readReplaced(coordinator, service),
    ]);
    if (current === undefined) throw new ServiceNotFound({ service, known: [] });
    // An earlier try went through, though its answer was lost.
    if (replaced?.value?.change === change) return { version: replaced.value.version, changes: made };
    const written = await write(coordinator, service, current, replaced, values, {
      change,
      requester,
      isSecret,
      undoes: false,
    });
    made = written.changes;
    return written;
  });
}

/**
 * Takes back what the last `set` of a service changed; that can be taken back in turn, by which the values are again
 * what they were.
 * @param accept gets what the options are to be set to, null for the default; its errors end the call
 * @throws ServiceNotFound, NothingToUndo, SetMeanwhile where somebody sets while this is under way
 */
export async function undoConfigValues(
  coordinator: Coordinator,
  service: string,
  accept: (values: Readonly<Record<string, ConfigValues[string] | null>>) => void,
  requester: Requester,
  isSecret: IsSecret,
): Promise<ConfigSet> {
  const change = newChangeId();
  let made: ConfigChanges = {};
  let last: string | undefined;
  return retryOnConflict(`config of ${service}`, async () => {
    const { current, replaced } = await readTogether(coordinator, service);
    if (replaced?.value?.change === change) return { version: replaced.value.version, changes: made };
    const undone = replaced?.value;
    if (last !== undefined && undone?.change !== last) throw new SetMeanwhile({ service, by: undone?.by });
    if (undone === undefined)
      throw new NothingToUndo({ service, reason: 'nothing was set since it was deployed' });
    if (undone.version !== current.version)
      throw new NothingToUndo({
        service,
        reason: 'it was set last by a release that keeps no values of before',
      });
    if (undone.values === undefined)
      throw new NothingToUndo({ service, reason: 'what the last set replaced was too large to be kept' });
    last = undone.change;
    accept(undone.values);
    const values = Object.fromEntries(
      Object.entries(undone.values).map(([option, value]) => [option, value ?? undefined]),
    );
    const how = { change, requester, isSecret, undoes: true };
    const written = await write(coordinator, service, current, replaced, values, how);
    made = written.changes;
    return written;
  });
}

/** Where what the last `set` replaced stands; without a value where it cannot be read, which keeps nobody from setting. */
interface Replaced {
  readonly value: ReplacedConfig | undefined;
  readonly version: number;
}

async function readReplaced(coordinator: Coordinator, service: string): Promise<Replaced | undefined> {
  const path = paths.replacedConfig(service);
  const node = await coordinator.get(path);
  return node && { value: parseSound(path, replacedConfigSchema, node, [])?.value, version: node.version };
}

/** The config with what its last `set` replaced, and not that of another one: nobody set in between. */
async function readTogether(
  coordinator: Coordinator,
  service: string,
): Promise<{ readonly current: Entity<ConfigValues>; readonly replaced: Replaced | undefined }> {
  for (;;) {
    const before = await readReplaced(coordinator, service);
    const current = await readEntity(coordinator, paths.config(service), configValuesSchema);
    if (current === undefined) throw new ServiceNotFound({ service, known: [] });
    const replaced = await readReplaced(coordinator, service);
    if (replaced?.version === before?.version) return { current, replaced };
  }
}

/** How a `set` is written, and who is on record for it. */
interface Way {
  readonly change: string;
  readonly requester?: Requester | undefined;
  readonly isSecret: IsSecret;
  readonly undoes: boolean;
}

async function write(
  coordinator: Coordinator,
  service: string,
  current: Entity<ConfigValues>,
  replaced: Replaced | undefined,
  values: WantedValues,
  way: Way,
): Promise<ConfigSet> {
  const { requester = nobody, undoes } = way;
  const { changes, operations } = changed(service, current, replaced, values, way);
  if (operations.length === 0) return { version: current.version, changes };
  const { guard, clone } = await followingClone(coordinator, service, values);
  // After that: what is promoted meanwhile is seen by the one or the other.
  await requireStaying(coordinator, service);
  const entry = requester === nobody ? undefined : setEntry(requester, changes, undoes);
  await coordinator.transaction([
    ...operations,
    ...guard,
    ...(clone === undefined ? [] : await inClone(coordinator, clone, way)),
    ...(await recordOperations(coordinator, [service, ...(clone ? [clone.service] : [])], entry)),
  ]);
  const followed = clone && { clone: { service: clone.service, left: clone.left } };
  return { version: current.version + 1, changes, ...followed };
}

/** The operations by which a clone that is being tried gets the same values. */
async function inClone(
  coordinator: Coordinator,
  { service, values }: FollowingClone,
  way: Way,
): Promise<readonly Operation[]> {
  const [current, replaced] = await Promise.all([
    readEntity(coordinator, paths.config(service), configValuesSchema),
    readReplaced(coordinator, service),
  ]);
  return current === undefined ? [] : changed(service, current, replaced, values, way).operations;
}

/** What a `set` changes in the config of one service, and the operations for it; none where that has the values. */
function changed(
  service: string,
  { value: before, version }: Entity<ConfigValues>,
  replaced: Replaced | undefined,
  values: WantedValues,
  { change, requester = nobody, isSecret }: Way,
): { readonly changes: ConfigChanges; readonly operations: readonly Operation[] } {
  const after: Record<string, ConfigValues[string]> = {};
  for (const [option, value] of Object.entries({ ...before, ...values }))
    if (value !== undefined) after[option] = value;
  const options = Object.keys(values).filter((key) => values[key] !== before[key]);
  if (options.length === 0) return { changes: {}, operations: [] };
  const next: ReplacedConfig = {
    version: version + 1,
    change,
    at: requester.requestedAt,
    by: requester.by,
    values: valuesOf(before, options),
  };
  const text = nodeValue(next);
  const kept = text.length > MOST_REPLACED ? nodeValue({ ...next, values: undefined }) : text;
  const path = paths.replacedConfig(service);
  const keep: Operation =
    replaced === undefined
      ? { kind: 'create', path, value: kept }
      : { kind: 'set', path, value: kept, version: replaced.version };
  return {
    changes: changesOf(before, after, options, isSecret),
    operations: [{ kind: 'set', path: paths.config(service), value: nodeValue(after), version }, keep],
  };
}
