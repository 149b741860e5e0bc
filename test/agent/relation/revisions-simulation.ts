import type { FormulaEndpoint } from '../../../agent/machine/formulas.js';
import type { UnitRecord } from '../../../agent/journal/record.js';
import {
  newRelationRecord,
  type RelationRecord,
  relationRecordSchema,
} from '../../../agent/journal/relation-record.js';
import { takesPart } from '../../../agent/relation/joining.js';
import { begin, finish, leave, nextEvent, observeMembers } from '../../../agent/relation/queue.js';
import type { Line } from '../relation-lives.js';

/** The peers of each revision. */
export const peersOf: readonly (readonly string[])[] = [['ring'], [], ['ring', 'web'], ['web'], ['ring']];
const NAMES = ['ring', 'web'];
export const NAMES_OF_UNITS = ['f/0', 'f/1', 'f/2'];

/** What may happen to one of the units: `go` is a step of its upgrade, `fail` is that its upgrade's hook fails. */
export interface RevisionStep {
  readonly unit: string;
  readonly do: 'look' | 'run' | 'go' | 'fail' | 'restart' | { readonly want: number | undefined };
}

type Standing = Pick<UnitRecord, 'formula' | 'upgrade' | 'leavingFor'>;

interface SimulatedUnit {
  readonly name: string;
  standing: Standing;
  wanted: number | undefined;
  readonly records: Map<string, RelationRecord>;
  /** What its hooks were told. */
  readonly told: Line[];
}

const ref = (revision: number) => ({ id: `p:f-${revision}`, sha256: '', directory: `${revision}-x` });
const revisionOf = (id: string | null | undefined): number => Number(id?.split('-').at(-1));
const endpointsOf = (id: string): readonly FormulaEndpoint[] =>
  (peersOf[revisionOf(id)] ?? []).map((name) => ({ name, role: 'peer', interface: 'talk' }));

/**
 * Units of one service that meet their peers and go from revision to revision, each when it likes. It drives the decisions
 * of the agent, which endpoints a unit has part in and what its hooks are told, in the order in which the agent does, with
 * nothing in between that takes time.
 */
export class RevisionsSimulation {
  readonly units: readonly SimulatedUnit[];
  /** Who is in each relation. */
  readonly #members = new Map(NAMES.map((name) => [name, new Map<string, number>()]));

  constructor() {
    this.units = NAMES_OF_UNITS.map((name) => ({
      name,
      standing: { formula: ref(0), upgrade: null, leavingFor: null },
      wanted: undefined,
      records: new Map(),
      told: [],
    }));
  }

  step({ unit: name, do: what }: RevisionStep): void {
    const unit = this.units.find((each) => each.name === name);
    if (unit === undefined) return;
    if (typeof what === 'object') unit.wanted = what.want;
    else if (what === 'look') this.#look(unit);
    else if (what === 'run') this.#run(unit);
    else if (what === 'go') this.#go(unit);
    else if (what === 'fail') this.#fail(unit);
    else
      for (const [relation, record] of unit.records)
        unit.records.set(relation, relationRecordSchema.parse(JSON.parse(JSON.stringify(record))));
  }

  /** Everybody goes to a revision, or as far as they want, and hears all that there is to hear. */
  settle(revision: number): void {
    for (const unit of this.units) unit.wanted = revision;
    for (let round = 0; round < 60; round += 1)
      for (const { name } of this.units)
        for (const what of ['look', 'run', 'run', 'go'] as const) this.step({ unit: name, do: what });
  }

  /** Everybody leaves, as units do that are removed. */
  leave(): void {
    for (const unit of this.units)
      for (const record of unit.records.values()) this.#beginLeaving(unit, record);
    for (const unit of this.units) for (let turn = 0; turn < 60; turn += 1) this.#run(unit);
  }

  #look(unit: SimulatedUnit): void {
    const { leavingFor } = unit.standing;
    if (leavingFor && revisionOf(leavingFor) !== unit.wanted)
      unit.standing = { ...unit.standing, leavingFor: null };
    for (const name of NAMES) {
      const endpoint: FormulaEndpoint = { name, role: 'peer', interface: 'talk' };
      const part = takesPart(unit.standing, endpoint, endpointsOf);
      const record = unit.records.get(name);
      if (record !== undefined && part === false) this.#beginLeaving(unit, record);
      if (record === undefined && part === true) {
        unit.records.set(name, recordOf(unit.name, name));
        this.#members.get(name)?.set(unit.name, 0);
      }
      this.#observe(unit, name);
    }
  }

  #observe(unit: SimulatedUnit, name: string): void {
    const record = unit.records.get(name);
    if (record === undefined) return;
    const others = [...(this.#members.get(name) ?? [])].filter(([other]) => other !== unit.name);
    unit.records.set(name, { ...record, queue: observeMembers(record.queue, new Map(others)) });
  }

  #beginLeaving(unit: SimulatedUnit, record: RelationRecord): void {
    unit.records.set(record.name, { ...record, queue: leave(record.queue) });
    this.#members.get(record.name)?.delete(unit.name);
  }

  /** No hook runs in an upgrade but its own. */
  #run(unit: SimulatedUnit): void {
    const { upgrade, formula } = unit.standing;
    const record = [...unit.records.values()].find(({ queue }) => queue.events.length > 0);
    const next = record && nextEvent(record.queue);
    if (upgrade !== null || record === undefined || next === undefined) return;
    const remote = next.event.kind === 'broken' ? '' : next.event.unit;
    const line = { kind: next.event.kind, name: record.name, id: record.identifier, remote, attempt: '1' };
    unit.told.push({ ...line, revision: revisionOf(formula?.id) });
    const queue = finish(begin(record.queue));
    if (queue.leaving && queue.events.length === 0) unit.records.delete(record.name);
    else unit.records.set(record.name, { ...record, queue });
  }

  #go(unit: SimulatedUnit): void {
    const { standing, wanted } = unit;
    const { upgrade, formula } = standing;
    if (upgrade?.step === 'hook') unit.standing = { ...standing, upgrade: { ...upgrade, step: 'resuming' } };
    else if (upgrade !== null) unit.standing = { ...standing, upgrade: null };
    else if (formula !== null && wanted !== undefined && ref(wanted).id !== formula.id) {
      const lacking = [...unit.records.values()].filter(({ name }) => !peersOf[wanted]?.includes(name));
      unit.standing = { ...standing, leavingFor: ref(wanted).id };
      for (const record of lacking) this.#beginLeaving(unit, record);
      if (lacking.length === 0) this.#swap(unit, ref(wanted), formula);
    }
  }

  /** The upgrade's hook fails, and the unit turns back by itself. */
  #fail(unit: SimulatedUnit): void {
    const { upgrade } = unit.standing;
    if (upgrade?.step !== 'hook' || upgrade.from === null) return;
    unit.wanted = undefined;
    this.#swap(unit, upgrade.from, upgrade.from);
  }

  #swap(unit: SimulatedUnit, to: ReturnType<typeof ref>, from: ReturnType<typeof ref>): void {
    const upgrade = { from, to, step: 'hook' as const, since: '', resumeIn: 'configuring' as const };
    unit.standing = { formula: to, leavingFor: null, upgrade };
    unit.told.push({ kind: 'upgrade', revision: revisionOf(to.id) });
  }
}

function recordOf(unit: string, name: string): RelationRecord {
  return newRelationRecord({
    unit,
    relation: name,
    identifier: `${name}:0`,
    name,
    role: 'peer',
    interface: 'talk',
    remoteService: 'f',
    meeting: `/relations/${name}`,
  });
}
