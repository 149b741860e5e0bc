import { printable } from '../output/printable.js';
import { renderTable } from '../output/table.js';
import type { StatusDocument, UnitEntry } from './status-document.js';
import { unitMessage } from './unit-message.js';

/** A unit with what its service is meant to run. */
interface Row {
  readonly name: string;
  readonly unit: UnitEntry;
  readonly target: string;
}

/** Every unit in a line, subordinates indented below the unit they are placed beside. */
export function unitLines({ services }: StatusDocument, columns: number): readonly string[] {
  const rows = Object.values(services).flatMap((service) =>
    Object.entries(service.units).map(([name, unit]): Row => ({ name, unit, target: service.formula })),
  );
  if (rows.length === 0) return [];
  const byName = new Map(rows.map((row) => [row.name, row]));
  const lines = rows
    .filter(({ unit }) => unit.principal === undefined || !byName.has(unit.principal))
    .flatMap((row) => [
      lineOf(row, ''),
      ...(row.unit.subordinates ?? []).flatMap((name) => {
        const beside = byName.get(name);
        return beside === undefined ? [] : [lineOf(beside, '  ')];
      }),
    ]);
  const head = ['UNIT', 'STATE', 'MACHINE', 'FORMULA', 'UPGRADE', 'PORTS', 'MESSAGE'];
  return [
    ...renderTable([head, ...lines], columns),
    ...(rows.some(isBehind) ? ['', '* not the formula of its service'] : []),
  ];
}

function lineOf(row: Row, indent: string): readonly string[] {
  const { name, unit } = row;
  return [
    `${indent}${name}`,
    stateOf(unit),
    machineOf(unit),
    `${unit.formula ?? '-'}${isBehind(row) ? ' *' : ''}`,
    unit.upgrade?.step ?? '-',
    unit.ports.length === 0 ? '-' : unit.ports.join(' '),
    unitMessage(unit),
  ];
}

/** A unit that runs something else than its service is meant to; one that runs nothing yet does not. */
function isBehind({ unit, target }: Row): boolean {
  return unit.formula !== null && unit.formula !== target;
}

function stateOf({ state, workload }: UnitEntry): string {
  return workload === undefined ? state : `${state}, ${printable(workload)}`;
}

function machineOf({ machine, agent }: UnitEntry): string {
  if (machine === null) return '-';
  return agent === 'up' ? machine : `${machine} (down)`;
}
