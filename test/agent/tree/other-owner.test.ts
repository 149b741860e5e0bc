import assert from 'node:assert/strict';
import { otherOwner } from '../../../agent/tree/other-owner.js';
import type { Node } from '../../../state/coordination/coordinator.js';
import { nodeValue } from '../../../state/model/entity.js';
import { paths } from '../../../state/model/paths.js';
import { identityOf } from './tree-fixture.js';

const owner = (agentId: string, claim: string) => ({
  // A claim is twelve digits.
  ...{
    agentId,
    claim: claim.repeat(12),
    hostname: `host-of-${agentId}`,
    dataDirectory: '/d',
    since: '2026-01-01T00:00:00Z',
  },
});
const up = (agentId: string, place?: string) => ({
  ...{
    pid: 7,
    version: '0',
    since: '2026-01-01T00:00:00Z',
    agentId,
    hostname: `up-${agentId}`,
    dataDirectory: '/u',
  },
  ...(place !== undefined && { place }),
});

describe('in a tree of which single nodes can be read, the machine', () => {
  interface Row {
    readonly rule: string;
    readonly machine?: object;
    readonly agent?: object;
    readonly isLasting?: boolean;
    readonly known?: readonly string[];
    /** The host of who has it. */
    readonly has: string | undefined;
  }
  const rows: readonly Row[] = [
    { rule: 'is nobody’s if it is not there', has: undefined },
    { rule: 'is nobody’s if no owner is named', machine: { hostname: 'm' }, has: undefined },
    {
      rule: 'is its own by its last claim',
      machine: { hostname: 'm', owner: owner('mine', 'a') },
      known: ['a'],
      has: undefined,
    },
    {
      rule: 'is its own if it remembers no claim',
      machine: { hostname: 'm', owner: owner('mine', 'a') },
      has: undefined,
    },
    {
      rule: 'is that of the copy that ran since',
      machine: { hostname: 'm', owner: owner('mine', 'b') },
      known: ['a'],
      has: 'host-of-mine',
    },
    {
      rule: 'is another’s, also if that hosts nothing',
      machine: { hostname: 'm', owner: owner('other', 'f') },
      has: 'host-of-other',
    },
    {
      rule: 'is another’s that is up, whoever is named',
      machine: { hostname: 'm', owner: owner('mine', 'a') },
      known: ['a'],
      agent: up('other'),
      has: 'up-other',
    },
    { rule: 'is that of a copy that is up in another place', agent: up('mine', 'there'), has: 'up-mine' },
    {
      rule: 'is its own if what it left is up',
      machine: { hostname: 'm', owner: owner('mine', 'a') },
      known: ['a'],
      agent: up('mine', 'here'),
      has: undefined,
    },
    {
      rule: 'is its own if an older release of it is up, which names no place',
      agent: up('mine'),
      has: undefined,
    },
    {
      rule: 'is nobody’s by a node that would outlive its agent',
      agent: up('other'),
      isLasting: true,
      has: undefined,
    },
  ];
  for (const { rule, machine, agent, isLasting = false, known = [], has } of rows)
    it(rule, async () => {
      const nodes = new Map<string, Node>();
      const put = (path: string, value: object, ephemeral: boolean): void => {
        nodes.set(path, { value: nodeValue(value), version: 0, ephemeral } as Node);
      };
      if (machine !== undefined) put(paths.machine('m0'), machine, false);
      if (agent !== undefined) put(paths.agent('m0'), agent, !isLasting);
      const found = await otherOwner(
        async (path) => nodes.get(path),
        identityOf('m0'),
        known.map((claim) => claim.repeat(12)),
      );
      assert.equal(found?.hostname, has);
    });
});
