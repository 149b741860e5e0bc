import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Addresses } from '../../state/model/machine-schemas.js';
import type { Log } from '../contract/log.js';

const LOOPBACK = '127.0.0.1';

/** Milliseconds between two looks at the machine's network. */
const PERIOD = 10_000;

/** The addresses of this machine as others reach it; they may change while the agent runs. */
export interface MachineAddresses {
  /** Undefined where there are none: nothing is published then, as the loopback's would send others to themselves. */
  current(): Addresses | undefined;
  /** Calls `look` whenever they changed. @returns what ends it */
  subscribe(look: () => void): () => void;
  close(): void;
}

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The address that others reach a machine by, as far as its own network tells: the first IPv4 one, or else a global IPv6
 * one, or one of a local network. One that is given to a single link (fe80::) says nothing to others.
 * @param before what was chosen last: it stays while it is there and no better kind has come
 */
export function chooseAddress(interfaces: Interfaces, before?: string): string | undefined {
  const found = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ internal }) => !internal)
    .flatMap(({ address }) => {
      const rank = rankOf(address);
      return rank === undefined ? [] : [{ address, rank }];
    });
  const best = Math.min(...found.map(({ rank }) => rank));
  const choice = found.filter(({ rank }) => rank === best).map(({ address }) => address);
  return before !== undefined && choice.includes(before) ? before : choice[0];
}

/** If the system does not tell, nothing is known. */
function readable(read: () => Interfaces): Interfaces {
  try {
    return read();
  } catch {
    return {};
  }
}

/** Lower is better; undefined of what no other machine can use. */
function rankOf(address: string): number | undefined {
  if (!address.includes(':')) return address.startsWith('169.254.') ? 3 : 0;
  if (/^[23]/.test(address)) return 1;
  return /^f[cd]/i.test(address) ? 2 : undefined;
}

/** Those an operator chose. */
export function givenAddresses(address: string): MachineAddresses {
  const addresses = { private: address, public: address };
  return { current: () => addresses, subscribe: () => () => undefined, close: () => undefined };
}

/**
 * Looks at the machine's network every now and then, as nothing tells of a change. A machine does not know by itself how
 * others outside reach it, so both addresses are the same. Where the network is gone, the last one stands.
 * @param alone all of the environment is on this machine, which is reached by the loopback where it has no network
 */
export function watchAddresses({
  clock,
  log,
  alone,
  read = networkInterfaces,
}: {
  readonly clock: Clock;
  readonly log: Log;
  readonly alone: boolean;
  readonly read?: () => Interfaces;
}): MachineAddresses {
  const looks = new Set<() => void>();
  let address = chooseAddress(readable(read));
  let isMissing = false;
  let timer: Timer | undefined;

  function told(): Addresses | undefined {
    const chosen = address ?? (alone ? LOOPBACK : undefined);
    return chosen === undefined ? undefined : { private: chosen, public: chosen };
  }

  function say(): void {
    if (told() === undefined && !isMissing)
      log.warning(
        'no address was found that other machines could reach this one by, so none is published: start ensemble-agent with --address, or write address: to the environment',
      );
    isMissing = told() === undefined;
  }

  let current = told();
  say();

  function look(): void {
    timer = clock.after(PERIOD, look);
    address = chooseAddress(readable(read), address) ?? address;
    const before = current?.private;
    if (told()?.private === before) return;
    current = told();
    log.warning(`the machine's address is ${current?.private}, after ${before ?? 'none'}`);
    say();
    for (const each of [...looks]) each();
  }
  timer = clock.after(PERIOD, look);

  return {
    current: () => current,
    subscribe(each) {
      looks.add(each);
      return () => looks.delete(each);
    },
    close: () => timer?.cancel(),
  };
}
