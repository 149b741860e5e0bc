import { printable } from '../output/printable.js';
import { renderTable } from '../output/table.js';
import { relationLines } from './relation-lines.js';
import type { ServiceEntry, StatusDocument } from './status-document.js';
import { unitLines } from './unit-lines.js';

/** The status as people read it: machines, services, every unit in a line, relations, and what is missing. */
export function statusTable(status: StatusDocument, columns: number): readonly string[] {
  const parts = [
    [`environment ${printable(status.environment)}`],
    machineLines(status, columns),
    serviceLines(status, columns),
    unitLines(status, columns),
    relationLines(status, columns),
    missingLines(status),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function machineLines({ machines }: StatusDocument, columns: number): readonly string[] {
  const entries = Object.entries(machines);
  if (entries.length === 0) return ['no machines; an agent registers its own: ensemble-agent'];
  const rows = entries.map(([name, machine]) => [
    name,
    machine.agent,
    String(machine.units),
    machine.version ?? '-',
    printable(machine.hostname),
  ]);
  return renderTable([['MACHINE', 'AGENT', 'UNITS', 'VERSION', 'HOSTNAME'], ...rows], columns);
}

function serviceLines(status: StatusDocument, columns: number): readonly string[] {
  const services = Object.entries(status.services);
  if (services.length === 0)
    return ['no services; deploy one with: ensemble deploy --repository DIRECTORY FORMULA'];
  const rows = services.map(([name, service]) => [
    named(name, service),
    service.formula,
    String(Object.keys(service.units).length),
    printable(service.repository),
  ]);
  return renderTable([['SERVICE', 'FORMULA', 'UNITS', 'REPOSITORY'], ...rows], columns);
}

function named(name: string, { exposed, destroying }: ServiceEntry): string {
  const marks = [...(exposed ? ['exposed'] : []), ...(destroying === true ? ['going'] : [])];
  return marks.length === 0 ? name : `${name} (${marks.join(', ')})`;
}

function missingLines({ services }: StatusDocument): readonly string[] {
  return Object.entries(services).flatMap(([name, { missingRelations = [], destroying }]) =>
    destroying === true
      ? []
      : missingRelations.map(
          (relation) =>
            `${name} needs a relation it does not have: ensemble add-relation ${name}:${relation} SERVICE`,
        ),
  );
}
