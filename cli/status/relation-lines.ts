import { renderTable } from '../output/table.js';
import type { RelationEntry } from '../../control/status/relation-entries.js';
import type { StatusDocument } from '../../control/status/status-document.js';

/** The relations of the services shown, each with what is not well in it. */
export function relationLines({ services, relations }: StatusDocument, columns: number): readonly string[] {
  const entries = Object.entries(relations);
  if (entries.length === 0) return [];
  const units = Object.values(services).flatMap((service) => Object.entries(service.units));
  const failed = (number: string): readonly string[] =>
    units
      .filter(([, { relationErrors = {} }]) =>
        Object.keys(relationErrors).some((id) => id.endsWith(`:${number}`)),
      )
      .map(([name]) => name);
  const rows = entries.map(([number, relation]) => [
    number,
    relation.endpoints.join(' '),
    relation.interface,
    stateOf(relation, failed(number)),
  ]);
  return renderTable([['RELATION', 'BETWEEN', 'INTERFACE', 'STATE'], ...rows], columns);
}

function stateOf({ endpoints, scope, removing, dropped }: RelationEntry, failed: readonly string[]): string {
  const facts = [
    ...(failed.length === 0 ? [] : [`error in ${failed.join(', ')}`]),
    ...(removing === true || dropped === true ? ['going'] : []),
    ...(endpoints.length === 1 ? ['peers'] : []),
    ...(scope === 'container' ? ['container'] : []),
  ];
  return facts.length === 0 ? '-' : facts.join(', ');
}
