import { networkInterfaces } from 'node:os';
import type { Addresses } from '../state/model/schemas.js';

const LOOPBACK = '127.0.0.1';

/**
 * The addresses hooks are told of this machine: the first IPv4 address that is not the loopback's, for both, since a
 * machine does not know by itself how others outside reach it. Without a network it is the loopback.
 */
export function ownAddresses(): Addresses {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  const address = found?.address ?? LOOPBACK;
  return { private: address, public: address };
}
