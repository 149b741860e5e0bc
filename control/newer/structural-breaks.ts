import type { ConfigOptions } from '../../state/formula/config-options.js';
import { hookNames } from '../../state/formula/hook-names.js';
import type { Metadata, RelationSpec } from '../../state/formula/metadata.js';
import { type RelationRole, relationRoles } from '../../state/formula/relation-roles.js';
import type { RelationNode } from '../../state/model/relations.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { relationFaults } from '../relate/relation-faults.js';
import type { Reason } from './reasons.js';

/** A revision as far as two of them are compared. */
export interface Contents {
  readonly metadata: Metadata;
  readonly config: ConfigOptions;
  /** The names of the files in `hooks/`; undefined where that is not known. */
  readonly hooks?: readonly string[] | undefined;
}

/** The parts of a service that a revision may break. */
export interface Uses {
  readonly service: string;
  /** Those that it takes part in. */
  readonly relations: readonly RelationNode[];
  /** The values that operators set. */
  readonly values: ConfigValues;
}

type Break = Extract<Reason, { readonly kind: 'break' }>;

/** Hooks that belong to the step from one revision to the next, and not to what the service does: they may come and go. */
const hooksOfSteps = ['upgrade-formula', 'revert-formula', 'busy-check', 'upgrade-pending', 'health-check'];

/**
 * The relations, options and hooks that `from` has and `to` lacks or has in another way, each with how the service
 * uses it.
 */
export function structuralBreaks(from: Contents, to: Contents, uses: Uses): readonly Break[] {
  const relations = relationBreaks(from.metadata, to.metadata, uses);
  return [
    ...relations.values(),
    // A revision to which an upgrade would be refused must never look compatible, whatever the two revisions say of
    // each other.
    ...relationFaults(uses.service, uses.relations, to.metadata)
      .filter(({ relation }) => !relations.has(relation))
      .map(({ relation, reason, services }) =>
        breakOf(`relation ${relation}: ${reason}`, `in use with ${services.join(', ')}`),
      ),
    ...optionBreaks(from.config, to.config, uses.values),
    ...hookBreaks(from, to),
  ];
}

function relationBreaks(from: Metadata, to: Metadata, uses: Uses): ReadonlyMap<string, Break> {
  const next = specsOf(to);
  const breaks = new Map<string, Break>();
  for (const [name, spec] of specsOf(from)) {
    const changes = relationChanges(spec, next.get(name));
    if (changes === undefined) continue;
    breaks.set(name, breakOf(`relation ${name} ${changes}`, useOf(spec, name, uses)));
  }
  return breaks;
}

type SpecWithRole = RelationSpec & { readonly role: RelationRole };

function specsOf(metadata: Metadata): ReadonlyMap<string, SpecWithRole> {
  return new Map(
    relationRoles.flatMap((role) =>
      Object.entries(metadata[role]).map(([name, spec]) => [name, { ...spec, role }] as const),
    ),
  );
}

function relationChanges(from: SpecWithRole, to: SpecWithRole | undefined): string | undefined {
  if (to === undefined) return 'is removed';
  const changes = (['interface', 'role', 'scope'] as const)
    .filter((field) => from[field] !== to[field])
    .map((field) => `${field} from ${from[field]} to ${to[field]}`);
  return changes.length === 0 ? undefined : `changes its ${changes.join(' and its ')}`;
}

/** Peers have the service itself on both sides: they are always in use, which says nothing. */
function useOf({ role }: SpecWithRole, name: string, { service, relations }: Uses): string | undefined {
  if (role === 'peers') return undefined;
  const used = relations.filter(
    ({ value }) =>
      value.removing !== true && value.endpoints.some((end) => end.service === service && end.name === name),
  ).length;
  return used === 0 ? 'not in use' : `${used} in use`;
}

function optionBreaks(from: ConfigOptions, to: ConfigOptions, values: ConfigValues): readonly Break[] {
  return Object.entries(from).flatMap(([name, { type }]) => {
    const next = Object.hasOwn(to, name) ? to[name] : undefined;
    if (next?.type === type) return [];
    const change = next === undefined ? 'is removed' : `changes its type from ${type} to ${next.type}`;
    return [breakOf(`option ${name} ${change}`, Object.hasOwn(values, name) ? 'set' : 'not set')];
  });
}

/** Hooks of relations that are gone are gone with these. */
function hookBreaks(from: Contents, to: Contents): readonly Break[] {
  const { hooks } = to;
  if (from.hooks === undefined || hooks === undefined) return [];
  const known = hookNames(to.metadata);
  return hookNames(from.metadata)
    .filter((name) => from.hooks?.includes(name) && known.includes(name) && !hooks.includes(name))
    .filter((name) => !hooksOfSteps.includes(name))
    .map((name) => breakOf(`hook ${name} is removed`));
}

function breakOf(change: string, use?: string): Break {
  return { kind: 'break', change, ...(use !== undefined && { use }) };
}
