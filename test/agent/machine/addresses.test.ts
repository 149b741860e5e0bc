import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { chooseAddress, type Interfaces, watchAddresses } from '../../../agent/machine/addresses.js';
import type { Log } from '../../../agent/contract/log.js';
import { ManualClock } from '../../manual-clock.js';

/** Interfaces with these addresses; the loopback’s are there too. */
function network(...addresses: readonly string[]): Interfaces {
  const info = (address: string, internal: boolean): NetworkInterfaceInfo => {
    const rest = { address, netmask: '', mac: '', cidr: null, internal };
    return address.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' };
  };
  return {
    lo: [info('127.0.0.1', true), info('::1', true)],
    ...Object.fromEntries(addresses.map((address, index) => [`eth${index}`, [info(address, false)]])),
  };
}

describe('the address that others reach a machine by', () => {
  const rows: readonly (readonly [string, readonly string[], string | undefined, string?])[] = [
    ['is the first of IPv4', ['10.0.0.7', '192.0.2.1'], '10.0.0.7'],
    ['is of IPv4 where there is IPv6 too', ['2001:db8::7', '10.0.0.7'], '10.0.0.7'],
    ['is a global one of IPv6 where there is no IPv4', ['fe80::1', 'fd00::7', '2001:db8::7'], '2001:db8::7'],
    ['is one of a local network else', ['fe80::1', 'fd00::7'], 'fd00::7'],
    [
      'is a global one rather than one that a machine gave itself',
      ['169.254.3.4', '2001:db8::7'],
      '2001:db8::7',
    ],
    ['is one that a machine gave itself where there is no other', ['169.254.3.4'], '169.254.3.4'],
    ['is none where there is only the loopback', [], undefined],
    ['is none where all are of a single link', ['fe80::1'], undefined],
    ['stays while it is there', ['172.17.0.1', '10.0.0.7'], '10.0.0.7', '10.0.0.7'],
    ['is another where it is gone', ['172.17.0.1'], '172.17.0.1', '10.0.0.7'],
    ['is of IPv4 as soon as there is one', ['2001:db8::7', '10.0.0.7'], '10.0.0.7', '2001:db8::7'],
  ];
  for (const [row, addresses, expected, before] of rows)
    it(row, () => assert.equal(chooseAddress(network(...addresses), before), expected));
});

describe('the addresses of a machine', () => {
  let clock: ManualClock;
  let said: string[];
  let there: readonly string[];
  const note = (message: string): number => said.push(message);
  const log: Log = { debug: note, info: note, warning: note, error: note };
  beforeEach(() => {
    clock = new ManualClock();
    said = [];
    there = [];
  });
  const watch = (alone = false) => watchAddresses({ clock, log, alone, read: () => network(...there) });

  it('are looked at every ten seconds, and told once where they changed', () => {
    there = ['10.0.0.7'];
    const addresses = watch();
    const seen: (string | undefined)[] = [];
    addresses.subscribe(() => seen.push(addresses.current()?.private));
    assert.deepEqual(addresses.current(), { private: '10.0.0.7', public: '10.0.0.7' });
    there = ['10.0.0.8'];
    clock.advance(9_999);
    assert.deepEqual(seen, []);
    clock.advance(1);
    clock.advance(60_000);
    assert.deepEqual(seen, ['10.0.0.8']);
    assert.deepEqual(said, ["the machine's address is 10.0.0.8, after 10.0.0.7"]);
  });

  it('stay as they were while the network is away, and end with the agent', () => {
    there = ['10.0.0.7'];
    const addresses = watch();
    there = [];
    clock.advance(20_000);
    assert.equal(addresses.current()?.private, '10.0.0.7');
    addresses.close();
    there = ['10.0.0.8'];
    clock.advance(20_000);
    assert.equal(addresses.current()?.private, '10.0.0.7');
    assert.deepEqual(said, []);
  });

  it('are none, and said to be, where there is no network, until there is one', () => {
    const addresses = watch();
    assert.equal(addresses.current(), undefined);
    assert.match(said.join(), /^no address was found .*--address.*address: /);
    clock.advance(60_000);
    assert.equal(said.length, 1, 'once');
    there = ['2001:db8::7'];
    clock.advance(10_000);
    assert.equal(addresses.current()?.private, '2001:db8::7');
  });

  it('are those of the loopback where the environment is on this machine alone', () => {
    const addresses = watch(true);
    assert.equal(addresses.current()?.private, '127.0.0.1');
    assert.deepEqual(said, []);
    there = ['10.0.0.7'];
    clock.advance(10_000);
    assert.equal(addresses.current()?.private, '10.0.0.7');
  });
});
