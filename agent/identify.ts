import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { bootId } from '../state/platform/boot.js';
import { readable } from '../state/model/layout-known.js';
import type { Environment } from '../state/environments/environment.js';
import type { Machine, MachineTrust } from '../state/model/machine-schemas.js';
import type { MachineAddresses } from './machine/addresses.js';
import type { AgentOptions } from './options.js';
import type { DataDirectory } from './disk/data-directory.js';
import { hostId, placeOf, readRememberedMachine, rememberMachine } from './disk/remembered-machine.js';
import { replaceFile } from './disk/replace-file.js';
import { DirectoryOfOtherMachine } from './contract/errors.js';
import type { Journalled } from './journal/journal.js';
import type { ClaimMemory, Identity } from './tree/identity.js';

/** The file of a data directory with its agent's id. */
const AGENT_ID = 'agent-id';

/** The addresses for the machine's node, or that none was found. */
export function addressFacts(addresses: MachineAddresses): Pick<Machine, 'addresses' | 'noAddress'> {
  const current = addresses.current();
  return { addresses: current, noAddress: current === undefined ? true : undefined };
}

function trustOf({ trust }: Environment): MachineTrust {
  if (trust === undefined) return 'none';
  return trust.require ? 'required' : 'checked';
}

/** Who this agent is; the agent's id is made where there is none. */
export async function identify(
  { environment, machine, version, service, dataDirectory }: AgentOptions,
  directory: DataDirectory,
  addresses: MachineAddresses,
): Promise<Identity> {
  const boot = bootId();
  return {
    machine,
    agentId: await agentId(directory),
    version,
    dataDirectory,
    sockets: { agent: directory.socket, debug: directory.debugSocket },
    // As of when it is asked for: the machine may be registered anew.
    get description() {
      const trust = trustOf(environment);
      return { hostname: hostname(), service, ...addressFacts(addresses), version, ...readable(), trust };
    },
    boot,
    place: placeOf(directory.root, boot),
  };
}

/**
 * This directory's memory of its machine. A directory that holds nothing may become another machine's.
 * @throws DirectoryOfOtherMachine
 */
export async function machineMemory(
  { machine, named = 'given', log }: AgentOptions,
  { root }: DataDirectory,
  { units, damaged }: Journalled,
): Promise<ClaimMemory> {
  const found = await readRememberedMachine(root);
  const isOther = found !== undefined && found.machine !== machine;
  if (isOther && units.length + damaged.length > 0)
    throw new DirectoryOfOtherMachine({ directory: root, known: found.machine, machine });
  if (isOther)
    log.warning(
      `${root} was the directory of machine ${found.machine}, and holds no units: it is machine ${machine}'s from now on`,
      { next: `to go on as that one, --machine ${found.machine}` },
    );
  // A copy, perhaps, of which nothing else tells the two apart.
  if (isOther) await rm(join(root, AGENT_ID), { force: true });
  const host = await hostId();
  let claims = isOther ? [] : (found?.claims ?? []);
  return {
    known: () => claims,
    async remember(claim) {
      claims = [...claims, claim];
      await rememberMachine(root, { machine, named, host, claims });
    },
  };
}

async function agentId({ root }: DataDirectory): Promise<string> {
  const known = await agentIdIn(root);
  if (known !== undefined) return known;
  const id = randomUUID();
  await replaceFile(join(root, AGENT_ID), id);
  return id;
}

/** The id of the agent whose data directory this is; undefined where it is none, or cannot be read. */
export async function agentIdIn(root: string): Promise<string | undefined> {
  const known = await readFile(join(root, AGENT_ID), 'utf8').catch(() => '');
  return known === '' ? undefined : known;
}
