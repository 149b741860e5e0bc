import type { Coordinator, Node, Observation } from '../../state/coordination/coordinator.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import {
  type Relation,
  type Settings,
  relationSchema,
  settingsSchema,
} from '../../state/model/relation-schemas.js';
import type { Log } from '../contract/log.js';
import { observeEntity } from './observe-entity.js';
import { type Shared, share } from './shared.js';

/** A relation as this machine's units see it. */
export interface RelationView {
  readonly number: string;
  readonly relation: Relation;
  /** A unit that joins must check this version, so that it cannot join a relation that is being removed. */
  readonly version: number;
}

/** A unit that takes part in a relation, with what it tells the others. */
export interface MemberView {
  /** The settings that can be read. */
  readonly settings: Settings;
  /** The version of the settings' node; undefined until they were read whole, and nothing is told of them before. */
  readonly version: number | undefined;
}

/** The relations of each service, by their numbers; undefined until all were looked at, null for one that cannot be read. */
export type Relations = Shared<ReadonlyMap<string, RelationView | null>>;

/** Who is at each meeting, by unit; undefined until all of them were read. Keys are the meetings' paths. */
export type Meetings = Shared<ReadonlyMap<string, MemberView>>;

/** Relations by service. */
export function watchRelations(coordinator: Coordinator, log: Log): Relations {
  return share((service, change) =>
    observeEach<RelationView | null>(
      (names) => coordinator.observeChildren(paths.serviceRelations(service), names),
      (number, look) =>
        observeEntity(
          coordinator,
          paths.relation(number),
          relationSchema,
          log,
          (found) => look(found && { number, relation: found.value, version: found.version }),
          () => look((before) => before ?? null),
        ),
      change,
    ),
  );
}

/** Meetings by path. The members are observed before their settings, so that nobody's first settings are missed. */
export function watchMeetings(coordinator: Coordinator, log: Log): Meetings {
  return share((meeting, change) =>
    observeEach<MemberView>(
      (names) =>
        coordinator.observeChildren(paths.members(meeting), (nodes) => names(nodes?.map(unitOfNode))),
      (unit, look) =>
        observeEntity(
          coordinator,
          paths.settings(meeting, unit),
          settingsSchema,
          log,
          (found) => look(found && { settings: found.value, version: found.version }),
          (node) => look((before) => before ?? { settings: readableSettings(node), version: undefined }),
        ),
      change,
    ),
  );
}

/**
 * Observes a list of names and the entity behind each. `change` gets all of them whenever one changed, but not before
 * every name on the list was looked at once, since a half-read list looks like departures.
 * @param observeItem says what is there, or, of what cannot be read, what is to stand in the place of what stood there
 */
function observeEach<Item>(
  observeNames: (look: (names: readonly string[] | undefined) => void) => Observation,
  observeItem: (
    name: string,
    look: (item: Item | undefined | ((before: Item | undefined) => Item)) => void,
  ) => Observation,
  change: (items: ReadonlyMap<string, Item> | undefined) => void,
): () => void {
  const observed = new Map<
    string,
    { readonly observation: Observation; read: boolean; item: Item | undefined }
  >();
  let listed = false;

  function tell(): void {
    const entries = [...observed];
    if (!listed || entries.some(([, { read }]) => !read)) return;
    change(
      new Map(entries.flatMap(([name, { item }]) => (item === undefined ? [] : [[name, item] as const]))),
    );
  }

  const names = observeNames((found = []) => {
    listed = true;
    for (const [name, { observation }] of observed) {
      if (found.includes(name)) continue;
      observation.close();
      observed.delete(name);
    }
    for (const name of found) {
      if (observed.has(name)) continue;
      const entry = {
        read: false,
        item: undefined as Item | undefined,
        observation: observeItem(name, (item) => {
          entry.read = true;
          entry.item = item instanceof Function ? item(entry.item) : item;
          tell();
        }),
      };
      observed.set(name, entry);
    }
    tell();
  });

  return () => {
    names.close();
    for (const { observation } of observed.values()) observation.close();
  };
}

/** The settings of a node, or, where it does not hold what it should, those that are text. */
export function readableSettings({ value }: Node): Settings {
  try {
    const said: unknown = JSON.parse(value);
    const entries = typeof said === 'object' && said !== null ? Object.entries(said) : [];
    return settingsSchema.parse(Object.fromEntries(entries.filter(([, text]) => typeof text === 'string')));
  } catch {
    return {};
  }
}
