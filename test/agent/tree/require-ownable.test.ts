import assert from 'node:assert/strict';
import { MachineOwned, MachineTaken, MachineTakenOver } from '../../../agent/contract/errors.js';
import { requireOwnable, takenOverBy } from '../../../agent/tree/require-ownable.js';
import type { MachinePlace } from '../../../state/model/machine-owner.js';
import type { AgentPresence, MachineOwner, Taking } from '../../../state/model/machine-schemas.js';
import { identityOf } from './tree-fixture.js';

const since = '2026-01-01T00:00:00Z';

function ownedBy(agentId: string, claim: string, rest: Partial<MachineOwner> = {}): MachineOwner {
  return { agentId, hostname: `host-of-${agentId}`, dataDirectory: '/d', since, claim, ...rest };
}

function takingBy(agentId: string, claim: string, there = 'there'): Taking {
  return { ...ownedBy(agentId, claim), pid: 7, place: there };
}

function presenceOf(agentId: string): Partial<AgentPresence> {
  return { agentId, pid: 7, hostname: `host-of-${agentId}`, dataDirectory: '/d' };
}

function place(found: Partial<MachinePlace>): MachinePlace {
  return {
    version: 0,
    machine: undefined,
    owner: undefined,
    presence: undefined,
    taking: undefined,
    isTakingThere: found.taking !== undefined,
    units: [],
    claims: [],
    problems: [],
    ...found,
  };
}

/** The fields of an error that `says` names. */
function fieldsOf(error: Error, says: object): object {
  return Object.fromEntries(
    Object.keys(says).map((name): [string, unknown] => [name, Reflect.get(error, name)]),
  );
}

describe('an agent may have a machine without an operator’s word', () => {
  type Refusal = typeof MachineOwned | typeof MachineTaken | typeof MachineTakenOver;
  interface Row {
    readonly rule: string;
    readonly found: Partial<MachinePlace>;
    /** The claims that its data directory had; its journal has `f/0`. */
    readonly known?: readonly string[];
    readonly refusal?: Refusal;
    /** Fields of the refusal that the row is about. */
    readonly says?: object;
  }
  const rows: readonly Row[] = [
    { rule: 'if nobody has it', found: {} },
    { rule: 'if nobody registered it', found: { version: undefined, units: undefined } },
    { rule: 'if it is its own by its last claim', found: { owner: ownedBy('mine', 'b') }, known: ['a', 'b'] },
    { rule: 'if it is its own, and it remembers no claim', found: { owner: ownedBy('mine', 'b') } },
    {
      rule: 'if it is its own, with units, and its presence was left behind',
      found: { owner: ownedBy('mine', 'a'), presence: presenceOf('mine'), units: ['f/0'] },
      known: ['a'],
    },
    { rule: 'if it is another’s that is not up and hosts nothing', found: { owner: ownedBy('other', 'z') } },
    {
      rule: 'if its own earlier process, of this place, was taking it over',
      found: { owner: ownedBy('other', 'z'), taking: takingBy('mine', 'y', 'here') },
    },
    {
      rule: 'not if another agent is up',
      found: { presence: presenceOf('other') },
      refusal: MachineTaken,
      says: { hostname: 'host-of-other', isCopy: false },
    },
    {
      rule: 'not if it is another’s that hosts units',
      found: { owner: ownedBy('other', 'z'), units: ['g/0'] },
      refusal: MachineOwned,
      says: { here: 'new', isCopy: false, units: ['g/0'] },
    },
    {
      rule: 'nor if this directory’s journal has those units: it was here before',
      found: { owner: ownedBy('other', 'z'), units: ['f/0'] },
      refusal: MachineOwned,
      says: { here: 'former', isCopy: false },
    },
    {
      rule: 'nor if it had the machine before that owner',
      found: { owner: ownedBy('other', 'z', { formers: ['a', 'b'] }), units: ['g/0'] },
      known: ['a'],
      refusal: MachineOwned,
      says: { here: 'former', isCopy: false },
    },
    {
      rule: 'nor if it had it before, and the owner was written by a release that keeps one former claim',
      found: { owner: ownedBy('other', 'z', { former: 'a' }), units: ['g/0'] },
      known: ['a'],
      refusal: MachineOwned,
      says: { here: 'former' },
    },
    {
      rule: 'not if a copy of its directory ran since',
      found: { owner: ownedBy('mine', 'c') },
      known: ['a'],
      refusal: MachineOwned,
      says: { here: 'older', isCopy: true },
    },
    {
      rule: 'nor if the copy took the machine over from it',
      found: { owner: ownedBy('mine', 'c', { formers: ['a'] }) },
      known: ['a'],
      refusal: MachineOwned,
      says: { here: 'former', isCopy: true },
    },
    {
      rule: 'not if it is its own, and another agent is taking it over',
      found: { owner: ownedBy('mine', 'a'), taking: takingBy('other', 'y') },
      known: ['a'],
      refusal: MachineTakenOver,
      says: { hostname: 'host-of-other', isUnderWay: true },
    },
    {
      rule: 'not if a third agent is taking it over',
      found: { owner: ownedBy('other', 'z'), taking: takingBy('third', 'y') },
      refusal: MachineTaken,
      says: { hostname: 'host-of-third', isCopy: false },
    },
    {
      rule: 'not if a copy of its directory, in another place, is taking it over',
      found: { owner: ownedBy('other', 'z'), taking: takingBy('mine', 'y') },
      refusal: MachineTaken,
      says: { isCopy: true },
    },
  ];
  for (const { rule, found, known = [], refusal, says = {} } of rows)
    it(rule, () => {
      const check = (): void =>
        requireOwnable(place(found), identityOf('m0'), { known, hosted: ['f/0'], start: () => 'start it' });
      if (refusal === undefined) return assert.doesNotThrow(check);
      assert.throws(check, (error: unknown) => {
        assert.ok(error instanceof refusal, String(error));
        assert.deepEqual(fieldsOf(error, says), says);
        return true;
      });
    });
});

describe('an agent whose claim is gone has lost its machine', () => {
  const own = (claim: string): boolean => claim === 'a';
  const rows: readonly (readonly [string, Partial<MachinePlace>, object | undefined])[] = [
    ['not if nobody has it: it takes it again', {}, undefined],
    ['not if it is the owner by a claim of its own', { owner: ownedBy('mine', 'a') }, undefined],
    ['not if it is taking the machine over itself', { taking: takingBy('mine', 'a') }, undefined],
    [
      'not if only a presence of its own stands, as release 0.1.0 leaves it',
      { presence: presenceOf('mine') },
      undefined,
    ],
    [
      'to the new owner',
      { owner: ownedBy('other', 'z') },
      { machine: 'm0', hostname: 'host-of-other', dataDirectory: '/d', since, isUnderWay: false },
    ],
    [
      'to a copy of its directory, whose claim it did not write',
      { owner: ownedBy('mine', 'z') },
      { hostname: 'host-of-mine', isUnderWay: false },
    ],
    [
      'to the agent that takes it over, though the machine is still its own',
      { owner: ownedBy('mine', 'a'), taking: takingBy('other', 'y') },
      { hostname: 'host-of-other', isUnderWay: true },
    ],
    [
      'to an agent of release 0.1.0, which leaves no owner',
      { presence: presenceOf('other') },
      { hostname: 'host-of-other', isUnderWay: false },
    ],
    [
      'to an agent that says nothing of itself',
      { presence: {}, machine: { hostname: 'there' } },
      { hostname: 'there', dataDirectory: '?', since: '?', isUnderWay: false },
    ],
  ];
  for (const [rule, found, says] of rows)
    it(rule, () => {
      const error = takenOverBy(place(found), identityOf('m0'), own);
      if (says === undefined) return assert.equal(error, undefined);
      assert.ok(error instanceof MachineTakenOver);
      assert.deepEqual(fieldsOf(error, says), says);
    });
});
