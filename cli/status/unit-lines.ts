import { agentWord } from '../../state/model/absence.js';
import { isAfter } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { printable } from '../../state/platform/printable.js';
import { tableRows } from '../output/table.js';
import { type Color, paint, type Screen } from '../output/terminal.js';
import { type Severity, severities, severityOf } from '../../control/status/attention.js';
import type { RolloutEntry } from '../../control/status/rollout-entry.js';
import type { StatusDocument, UnitEntry } from '../../control/status/status-document.js';
import { unitMessage } from '../../control/status/unit-message.js';

/** A unit with what its service is meant to run. */
interface Row {
  readonly name: string;
  readonly unit: UnitEntry;
  readonly target: string;
  /** The agent of its machine: `up`, `down`, `stopped` or `suspended`. */
  readonly agent: string;
}

/** Colours say nothing that the words do not say too. */
const colors: Readonly<Partial<Record<Severity, Color>>> = { error: 'red', waiting: 'yellow' };

/** Columns that are left out on a narrow screen: of ports, the upgrade's step, the formula, the machine. */
const SPARE = [5, 4, 3, 2];

/**
 * Every unit in a line, subordinates indented below the unit they are placed beside. What failed stands first, then what
 * waits; below it, the rest in their order.
 */
export function unitLines(
  { services, machines }: StatusDocument,
  screen: Pick<Screen, 'columns' | 'hasColors'>,
): readonly string[] {
  const rows = Object.values(services).flatMap((service) =>
    Object.entries(service.units).map(
      ([name, unit]): Row => ({
        name,
        unit,
        target: service.formula,
        agent: agentWord(machines[unit.machine ?? ''] ?? unit),
      }),
    ),
  );
  if (rows.length === 0) return [];
  const byName = new Map(rows.map((row) => [row.name, row]));
  const groups = rows
    .filter(({ unit }) => unit.principal === undefined || !byName.has(unit.principal))
    .map((row) => [
      row,
      ...(row.unit.subordinates ?? []).flatMap((name) => {
        const beside = byName.get(name);
        return beside === undefined ? [] : [beside];
      }),
    ])
    .toSorted((a, b) => rank(a) - rank(b));
  const ordered = groups.flatMap((group) =>
    group.map((row, index) => ({ row, indent: index === 0 ? '' : '  ' })),
  );
  const [head = [], ...lines] = tableRows(
    [
      ['UNIT', 'STATE', 'MACHINE', 'FORMULA', 'UPGRADE', 'PORTS', 'MESSAGE'],
      ...ordered.map(({ row, indent }) => lineOf(row, indent)),
    ],
    { width: screen.columns, spare: SPARE },
  );
  const painted = lines.flatMap((each, index) => {
    const unit = ordered[index]?.row.unit;
    const color = unit && colors[severityOf(unit)];
    return color === undefined ? each : each.map((line) => paint(screen, color, line));
  });
  return [...head, ...painted, ...trialLines(rows), ...behindLines(rows, services)];
}

/** Names for each unit that tries a candidate the way back. */
function trialLines(rows: readonly Row[]): readonly string[] {
  const lines = rows.flatMap(({ name, unit: { candidate } }) =>
    candidate === undefined || candidate.state === 'closed'
      ? []
      : [`  ${name} tries ${printable(candidate.shown)}; back to a release: ${candidate.back}`],
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

/** So many units at most are named in the command that takes them back. */
const MOST_NAMED = 20;

/**
 * Explains the mark of units that are behind, and names for each service the command that brings those on which nobody
 * asks: where a rollout waits, what has that go on.
 */
function behindLines(rows: readonly Row[], services: StatusDocument['services']): readonly string[] {
  const behind = rows.filter(isBehind);
  if (behind.length === 0) return [];
  const left = new Map<string, Row[]>();
  for (const row of behind)
    if (row.unit.upgrade === undefined && !isErrorState(row.unit.state) && row.unit.principal === undefined)
      left.set(serviceOfUnit(row.name), [...(left.get(serviceOfUnit(row.name)) ?? []), row]);
  return [
    '',
    '* not the formula of its service; only these: ensemble status --behind',
    ...[...left].flatMap(([service, units]) => waysOn(service, units, services[service]?.rollout)),
  ];
}

function waysOn(service: string, rows: readonly Row[], rollout: RolloutEntry | undefined): readonly string[] {
  const said = (units: readonly Row[], command: string): string =>
    `  ${units.length} of ${service} ${units.length === 1 ? 'stays' : 'stay'} so until: ${command}`;
  if (rollout?.next !== undefined) return [said(rows, rollout.next)];
  if (rollout !== undefined)
    return [
      `  ${rows.length} of ${service} ${rows.length === 1 ? 'follows' : 'follow'} by the rollout: ensemble rollout status ${service}`,
    ];
  // No upgrade takes a unit to an earlier revision.
  const isLater = ({ unit: { formula }, target }: Row): boolean =>
    formula !== undefined && formula !== null && isAfter(parseFormulaId(formula), parseFormulaId(target));
  const [later, earlier] = [rows.filter(isLater), rows.filter((row) => !isLater(row))];
  const [{ target = '' } = {}] = earlier;
  const names = later.length > MOST_NAMED ? service : later.map(({ name }) => name).join(' ');
  return [
    ...(earlier.length === 0 ? [] : [said(earlier, upgradeCommand(target, service))]),
    ...(later.length === 0 ? [] : [said(later, `ensemble revert-formula ${names}`)]),
  ];
}

/** How far up a unit stands, with those placed beside it. */
function rank(group: readonly Row[]): number {
  return Math.min(...group.map(({ unit }) => severities.indexOf(severityOf(unit))));
}

function lineOf(row: Row, indent: string): readonly string[] {
  const { name, unit } = row;
  return [
    `${indent}${name}`,
    stateOf(unit),
    machineOf(row),
    `${unit.candidate?.shown ?? unit.formula ?? '-'}${isBehind(row) ? ' *' : ''}`,
    printable(unit.upgrade?.step ?? '-'),
    unit.ports.length === 0 ? '-' : unit.ports.join(' '),
    // In full it stands with what needs attention, where the command that it ends with can be copied.
    [
      unitMessage({ ...unit, message: unit.brief ?? unit.blockers?.[0]?.reason ?? unit.message }, true),
      askedOf(unit),
    ]
      .filter((text) => text !== '')
      .join('; '),
  ];
}

/** What waits for the unit's agent to come back, and stands in no other column. */
function askedOf({ asked = [] }: UnitEntry): string {
  const told = asked
    .map(({ what }) => what)
    .filter((what) => !/^(?:upgrade-formula$|remove-unit)/.test(what));
  return told.length === 0 ? '' : `asked, and not taken up: ${told.join(', ')}`;
}

/** A unit that runs something else than its service is meant to; one that runs nothing yet, or tries a candidate, does not. */
function isBehind({ unit, target }: Row): boolean {
  return unit.formula !== null && unit.formula !== target && unit.candidate === undefined;
}

function stateOf({ state, workload, health, holds = [], removing }: UnitEntry): string {
  return printable(
    [
      state,
      workload,
      health?.state === 'unhealthy' && 'unhealthy',
      holds.length > 0 && 'held',
      removing && 'to be removed',
    ]
      .filter(Boolean)
      .join(', '),
  );
}

function machineOf({ unit: { machine }, agent }: Row): string {
  if (machine === null) return '-';
  return agent === 'up' ? machine : `${machine} (${agent})`;
}
