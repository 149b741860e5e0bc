import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { type CommandRequest, commandRequestSchema } from '../../state/model/commands.js';
import { debugRequestSchema } from '../../state/model/debugging.js';
import type { Entity } from '../../state/model/entity.js';
import { ASKED, LIFE, paths, unitOfNode, WORD } from '../../state/model/paths.js';
import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import { abortSchema, flagSchema, removalSchema, resolvedSchema } from '../../state/model/request-schemas.js';
import type { Log } from '../contract/log.js';
import { observeEntity } from './observe-entity.js';
import {
  type RelatedWord,
  relatedWordSchema,
  type UpgradeAsk,
  upgradeAskSchema,
} from '../../state/model/related-upgrade.js';

/** A life of a unit; its incarnation is unknown where nobody could tell it from another one. */
export interface Life {
  readonly unit: string;
  readonly incarnation: string | undefined;
  /** It was made without an incarnation, and may be known without one. */
  readonly adopted?: boolean | undefined;
}

/**
 * Watches what operators want of one life of a unit. A unit of which nothing is wanted costs one watch, on the names
 * under its node; a request is observed itself while it stands, since it may be made again in its place. What is asked
 * of another life of that name is nothing to this one.
 * @param isAnother called where the tree has another life of that name, or none
 */
export function watchRequests(
  coordinator: Coordinator,
  { unit, incarnation }: Life,
  log: Log,
  isAnother: () => void,
  look: (requests: UnitRequests) => void,
): Observation {
  let requests = noRequests;
  const observed = new Map<string, { readonly observation: Observation; forget(): void }>();

  function change(part: Partial<UnitRequests>): void {
    requests = { ...requests, ...part };
    look(requests);
  }

  function observeRequest(name: string): { readonly observation: Observation; forget(): void } | undefined {
    switch (name) {
      case 'upgrade':
        return {
          observation: observeEntity(coordinator, paths.upgrade(unit), flagSchema, log, (upgrade) =>
            change({ upgrade }),
          ),
          forget: () => change({ upgrade: undefined }),
        };
      case 'resolved':
        return {
          observation: observeEntity(coordinator, paths.resolved(unit), resolvedSchema, log, (resolved) =>
            change({ resolved }),
          ),
          forget: () => change({ resolved: undefined }),
        };
      case 'removal':
        return {
          observation: observeEntity(coordinator, paths.removal(unit), removalSchema, log, (removal) =>
            change({ removal }),
          ),
          forget: () => change({ removal: undefined }),
        };
      case 'abort':
        return {
          observation: observeEntity(coordinator, paths.abort(unit), abortSchema, log, (abort) =>
            change({ abort }),
          ),
          forget: () => change({ abort: undefined }),
        };
      case 'debug':
        return {
          observation: observeEntity(coordinator, paths.debug(unit), debugRequestSchema, log, (debug) =>
            change({ debug }),
          ),
          forget: () => change({ debug: undefined }),
        };
      default:
        if (name.startsWith('run-')) return observeCommand(name.slice('run-'.length));
        if (name.startsWith(ASKED)) return observeRelated('asks', unitOfNode(name.slice(ASKED.length)));
        if (name.startsWith(WORD)) return observeRelated('words', unitOfNode(name.slice(WORD.length)));
        return name.startsWith('resolved-') ? observeRelation(name.slice('resolved-'.length)) : undefined;
    }
  }

  function observeRelation(relation: string): { readonly observation: Observation; forget(): void } {
    const set = (resolved: UnitRequests['resolved']): void => {
      const others = [...requests.relations].filter(([id]) => id !== relation);
      change({ relations: new Map(resolved === undefined ? others : [...others, [relation, resolved]]) });
    };
    const path = paths.relationResolved(unit, relation);
    return {
      observation: observeEntity(coordinator, path, resolvedSchema, log, set),
      forget: () => set(undefined),
    };
  }

  function observeCommand(id: string): { readonly observation: Observation; forget(): void } {
    const set = (command: Entity<CommandRequest> | undefined): void => {
      const others = [...requests.commands].filter(([other]) => other !== id);
      change({ commands: new Map(command === undefined ? others : [...others, [id, command]]) });
    };
    return {
      observation: observeEntity(coordinator, paths.command(unit, id), commandRequestSchema, log, set),
      forget: () => set(undefined),
    };
  }

  /** That one stands is known at once: who acts before it was read would take it for silence. */
  function observeRelated(
    kind: 'asks' | 'words',
    other: string,
  ): { readonly observation: Observation; forget(): void } {
    const set = <T extends UpgradeAsk | RelatedWord>(
      found: ReadonlyMap<string, T | null>,
      value: T | null | undefined,
    ): ReadonlyMap<string, T | null> => {
      const others = [...found].filter(([name]) => name !== other);
      return new Map(value === undefined ? others : [...others, [other, value]]);
    };
    const isAsk = kind === 'asks';
    const ask = (value: UpgradeAsk | undefined): void => change({ asks: set(requests.asks, value) });
    const word = (value: RelatedWord | undefined): void => change({ words: set(requests.words, value) });
    requests = isAsk
      ? { ...requests, asks: set(requests.asks, null) }
      : { ...requests, words: set(requests.words, null) };
    const observation = isAsk
      ? observeEntity(coordinator, paths.upgradeAsk(unit, other), upgradeAskSchema, log, (found) =>
          ask(found?.value),
        )
      : observeEntity(coordinator, paths.relatedWord(unit, other), relatedWordSchema, log, (found) =>
          word(found?.value),
        );
    return { observation, forget: () => (isAsk ? ask(undefined) : word(undefined)) };
  }

  const isOwn = (names: readonly string[] | undefined): names is readonly string[] =>
    names !== undefined && (incarnation === undefined || names.includes(`${LIFE}${incarnation}`));

  const names = coordinator.observeChildren(paths.unit(unit), (found) => {
    const children = isOwn(found) ? found : [];
    for (const [name, { observation, forget }] of observed) {
      if (children.includes(name)) continue;
      observation.close();
      observed.delete(name);
      forget();
    }
    for (const name of children) {
      const request = observed.has(name) ? undefined : observeRequest(name);
      if (request !== undefined) observed.set(name, request);
    }
    // No requests are another thing than requests that were not read yet.
    if (observed.size === 0) look({ ...requests });
    if (!isOwn(found)) isAnother();
  });

  return {
    close() {
      names.close();
      for (const { observation } of observed.values()) observation.close();
    },
  };
}
