import assert from 'node:assert/strict';
import { CoordinatorUrlInvalid } from '../../../../state/coordination/errors.js';
import { parseZookeeperUrl, serverName } from '../../../../state/coordination/zookeeper/url.js';

describe('a zookeeper:// URL', () => {
  const good: readonly [string, readonly string[], string][] = [
    ['zookeeper://zk1', ['zk1:2181'], ''],
    ['zookeeper://zk1/', ['zk1:2181'], ''],
    ['zookeeper://zk1:2182,zk2,zk3.example.org:9/a', ['zk1:2182', 'zk2:2181', 'zk3.example.org:9'], '/a'],
    ['zookeeper://10.0.0.1:1/a/b.c/d-e_f/', ['10.0.0.1:1'], '/a/b.c/d-e_f'],
    ['zookeeper://[::1]/a', ['[::1]:2181'], '/a'],
    [
      'zookeeper://[2001:db8::1]:65535,[fe80::1%eth0]:1,h',
      ['[2001:db8::1]:65535', '[fe80::1%eth0]:1', 'h:2181'],
      '',
    ],
  ];
  for (const [url, servers, chroot] of good) {
    it(`${url} is read`, () => {
      const address = parseZookeeperUrl(url);
      assert.deepEqual(address.servers.map(serverName), servers);
      assert.equal(address.chroot, chroot);
      assert.equal(address.display, `zookeeper://${servers.join()}${chroot}`);
    });
  }

  const bad: readonly [string, RegExp][] = [
    ['zookeeper:zk1', /does not start with zookeeper:\/\//],
    ['zookeeper://', /server’s name is missing/],
    ['zookeeper:///a', /server’s name is missing/],
    ['zookeeper://zk1,,zk2', /server’s name is missing/],
    ['zookeeper://zk1,', /server’s name is missing/],
    ['zookeeper://zk1:0', /0 is no port/],
    ['zookeeper://zk1:65536', /65536 is no port/],
    ['zookeeper://zk1:port', /“zk1:port” is no server/],
    ['zookeeper://zk1:', /“zk1:” is no server/],
    ['zookeeper://::1', /“::1” is no server/],
    ['zookeeper://[::1', /is no server/],
    ['zookeeper://zk 1', /“zk 1” is no server/],
    ['zookeeper://zk1/a,zk2/a', /stands once, behind the last server/],
    ['zookeeper://zk1//a', /empty part/],
    ['zookeeper://zk1/a//', /empty part/],
    ['zookeeper://zk1/a/../b', /“\.\.” cannot be part/],
    ['zookeeper://zk1/a b', /“a b” cannot be part/],
    ['zookeeper://zk1/a?x=1', /“a\?x=1” cannot be part/],
    ['zookeeper://zk1/zookeeper', /ZooKeeper’s own/],
    ['zookeeper://zk1/zookeeper/config', /ZooKeeper’s own/],
  ];
  for (const [url, reason] of bad) {
    it(`${url} is refused with its reason`, () => {
      assert.throws(
        () => parseZookeeperUrl(url),
        (error) => error instanceof CoordinatorUrlInvalid && error.url === url && reason.test(error.reason),
      );
    });
  }

  it('with credentials is refused without showing them', () => {
    assert.throws(
      () => parseZookeeperUrl('zookeeper://me:hush@zk1/a'),
      (error) =>
        error instanceof CoordinatorUrlInvalid &&
        error.url === 'zookeeper://…@zk1/a' &&
        !`${error.stack}${JSON.stringify(error)}`.includes('hush'),
    );
  });
});
