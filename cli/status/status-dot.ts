import { isErrorState } from '../../state/model/workflow-state.js';
import { printable } from '../../state/platform/printable.js';
import type { RelationEntry } from '../../control/status/relation-entries.js';
import type { ServiceEntry, StatusDocument, UnitEntry } from '../../control/status/status-document.js';

/** A font with one width for every letter: the text stays within its frame, even if another font is shown. */
const FONT = '"Courier"';

/** Units named in a service's box; of more only the number is told. */
const MOST_UNITS = 8;

/**
 * The services and their relations in Graphviz's language: a box per service with its units, an arrow from who
 * requires to who provides, dashed where the relation is of container scope, grey where it goes.
 */
export function statusDot({ environment, services, relations }: StatusDocument): string {
  return [
    `digraph ${quoted(environment)} {`,
    '  rankdir=LR;',
    `  node [shape=box, style="rounded,filled", fillcolor=white, fontname=${FONT}, margin="0.2,0.1"];`,
    `  edge [fontname=${FONT}, fontsize=10];`,
    ...Object.entries(services).map(([name, service]) => serviceLine(name, service)),
    // A service that was not asked for may be on the other side.
    ...missingEnds(services, relations).map((name) => `  ${quoted(name)} [style="rounded,dashed"];`),
    ...Object.values(relations).map(relationLine),
    '}',
  ].join('\n');
}

function serviceLine(name: string, { formula, exposed, destroying, units }: ServiceEntry): string {
  const all = Object.entries(units);
  // Failed units are among those that are named.
  const ordered = all.toSorted(([, a], [, b]) => Number(hasFailed(b)) - Number(hasFailed(a)));
  const shown = ordered.slice(0, MOST_UNITS);
  const more = all.length - shown.length;
  const lines = [
    markup(exposed ? `${name} (exposed)` : name),
    markup(formula),
    ...shown.map(unitLine),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
  const failed = all.some(([, unit]) => hasFailed(unit));
  const color = failed ? ', color=red' : destroying === true ? ', color=grey, fontcolor=grey' : '';
  return `  ${quoted(name)} [label=<${lines.join('<br/>')}>${color}];`;
}

function hasFailed({ state, relationErrors }: UnitEntry): boolean {
  return isErrorState(state) || relationErrors !== undefined;
}

function unitLine([name, unit]: readonly [string, UnitEntry]): string {
  const { state, relationErrors = {} } = unit;
  const text = markup([name, state, ...Object.keys(relationErrors).map((id) => `${id} in error`)].join(' '));
  return hasFailed(unit) ? `<b><font color="red">${text}</font></b>` : text;
}

function relationLine({ endpoints, interface: of, scope, removing, dropped }: RelationEntry): string {
  const [from = '', to = from] = endpoints.map(serviceOf);
  const names = endpoints.map((endpoint) => endpoint.slice(endpoint.indexOf(':') + 1));
  const attributes = [
    `label=${quoted(`${names.join(' - ')} (${of})`)}`,
    ...(scope === 'container' ? ['style=dashed'] : []),
    ...(removing === true || dropped === true ? ['color=grey', 'fontcolor=grey'] : []),
    ...(endpoints.length === 1 ? ['dir=none'] : []),
  ];
  return `  ${quoted(from)} -> ${quoted(to)} [${attributes.join(', ')}];`;
}

function missingEnds(
  services: StatusDocument['services'],
  relations: StatusDocument['relations'],
): readonly string[] {
  const ends = Object.values(relations).flatMap(({ endpoints }) => endpoints.map(serviceOf));
  return [...new Set(ends)].filter((name) => !Object.hasOwn(services, name)).sort();
}

function serviceOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.indexOf(':'));
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** Text in a label of markup. */
function markup(text: string): string {
  return printable(text).replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replace(/\s+/g, ' ');
}
