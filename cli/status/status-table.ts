import { candidateKeyOf, shownFormula } from '../../state/formula/candidate-mark.js';
import { systemClock } from '../../state/platform/clock.js';
import { agentWord } from '../../state/model/absence.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { printable } from '../../state/platform/printable.js';
import { renderTable } from '../output/table.js';
import type { Screen } from '../output/terminal.js';
import { attentionLines } from './attention-lines.js';
import { holdLines } from './hold-lines.js';
import { keptLines } from './kept-lines.js';
import { newerCell } from './newer-cell.js';
import { problemLines } from './problem-lines.js';
import { relationLines } from './relation-lines.js';
import type { ServiceEntry, StatusDocument } from '../../control/status/status-document.js';
import { rolloutCell } from './rollout-cell.js';
import { unitLines } from './unit-lines.js';

/**
 * The status as people read it: machines, services, every unit in a line, relations, what is missing, and what needs
 * somebody, in full.
 * @param watched it is drawn over itself, and what does not fit the screen is cut off at its end: what needs somebody then
 *   stands at its beginning
 * @param registered machines that there are, of which only some may be asked for
 */
export function statusTable(
  status: StatusDocument,
  screen: Pick<Screen, 'columns' | 'hasColors'>,
  watched: boolean,
  registered = 0,
): readonly string[] {
  const { columns } = screen;
  const attention = attentionLines(status, columns, systemClock.now());
  const parts = [
    [`environment ${printable(status.environment)}`, ...countLines(status)],
    ...(watched ? [attention] : []),
    machineLines(status, columns, registered),
    serviceLines(status, columns),
    unitLines(status, screen),
    relationLines(status, columns),
    missingLines(status),
    holdLines(status),
    keptLines(status.machines),
    problemLines(status),
    ...(watched ? [] : [attention]),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

/** How many units are in which state, what failed first: `5 units: 1 config-error, 4 started`. */
function countLines({ services }: StatusDocument): readonly string[] {
  const states = Object.values(services).flatMap(({ units }) =>
    Object.values(units).map(({ state }) => state),
  );
  if (states.length === 0) return [];
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const order = (state: string): number => (isErrorState(state) ? 0 : state === 'started' ? 2 : 1);
  const each = [...counts]
    .toSorted(([a], [b]) => order(a) - order(b) || a.localeCompare(b, 'en'))
    .map(([state, count]) => `${count} ${printable(state)}`);
  return [`${states.length} unit${states.length === 1 ? '' : 's'}: ${each.join(', ')}`];
}

function machineLines({ machines }: StatusDocument, columns: number, registered: number): readonly string[] {
  const entries = Object.entries(machines);
  if (entries.length === 0)
    return registered > 0
      ? ['no machine hosts a unit of it; all machines: ensemble machines']
      : ['no machines; an agent registers its own: ensemble-agent'];
  const rows = entries.map(([name, machine]) => [
    name,
    `${agentWord(machine)}${machine.cordoned === undefined ? '' : ', cordoned'}`,
    String(machine.units),
    machine.version ?? '-',
    printable(machine.hostname),
  ]);
  return renderTable([['MACHINE', 'AGENT', 'UNITS', 'VERSION', 'HOSTNAME'], ...rows], columns, [3]);
}

function serviceLines(status: StatusDocument, columns: number): readonly string[] {
  const services = Object.entries(status.services);
  if (services.length === 0)
    return ['no services; deploy one with: ensemble deploy --repository DIRECTORY FORMULA'];
  const areRolledOut = services.some(([, { rollout }]) => rollout !== undefined);
  const areOutdated = services.some(([, { newer }]) => newer !== undefined);
  const rows = services.map(([name, service]) => [
    named(name, service),
    candidateKeyOf(service.formula) === undefined ? service.formula : shownFormula(service.formula),
    String(Object.keys(service.units).length),
    ...(areRolledOut ? [rolloutCell(service.rollout)] : []),
    ...(areOutdated ? [newerCell(service.newer)] : []),
    printable(service.repository),
  ]);
  const head = [
    'SERVICE',
    'FORMULA',
    'UNITS',
    ...(areRolledOut ? ['ROLLOUT'] : []),
    ...(areOutdated ? ['NEWER'] : []),
    'REPOSITORY',
  ];
  return renderTable([head, ...rows], columns);
}

function named(name: string, { exposed, destroying, holds = [] }: ServiceEntry): string {
  const marks = [
    ...(exposed ? ['exposed'] : []),
    ...(holds.length > 0 ? ['held'] : []),
    ...(destroying === true ? ['going'] : []),
  ];
  return marks.length === 0 ? name : `${name} (${marks.join(', ')})`;
}

function missingLines({ machines, services }: StatusDocument): readonly string[] {
  const unreachable = Object.entries(machines)
    .filter(([, { noAddress }]) => noAddress === true)
    .map(
      ([name]) =>
        `${name} has no address that other machines could reach it by: start its agent with --address ADDRESS`,
    );
  return [...unreachable, ...unmadeLines(services), ...missingRelationLines(services)];
}

function unmadeLines(services: StatusDocument['services']): readonly string[] {
  return Object.entries(services).flatMap(([name, { unmade }]) => {
    if (unmade === undefined) return [];
    const { units, machines = [], next } = unmade;
    const where = machines.length === 0 ? '' : ` on ${machines.map(printable).join(', ')}`;
    const what = `${units} unit${units === 1 ? '' : 's'} of ${name} that ${units === 1 ? 'was' : 'were'} asked for`;
    const elsewhere = machines.length === 0 ? '' : ', elsewhere with --machine';
    return [
      `${what}${where} ${units === 1 ? 'is' : 'are'} not made; where no command is at it: ${next}${elsewhere}`,
    ];
  });
}

function missingRelationLines(services: StatusDocument['services']): readonly string[] {
  return Object.entries(services).flatMap(([name, { missingRelations = [], destroying }]) =>
    destroying === true
      ? []
      : missingRelations.map(
          (relation) =>
            `${name} needs a relation it does not have: ensemble add-relation ${name}:${relation} SERVICE`,
        ),
  );
}
