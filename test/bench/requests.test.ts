import assert from 'node:assert/strict';
import { countFrame, noRequests } from '../../bench/lab/requests.js';
import {
  leaveWatchesCall,
  readManyCall,
  removeWatchesCall,
} from '../../state/coordination/zookeeper/multi.js';
import {
  childrenCall,
  connectFrame,
  createCall,
  getCall,
  pingFrame,
  removeCall,
  setCall,
  stamp,
  transactionCall,
} from '../../state/coordination/zookeeper/wire.js';

describe('counting requests to ZooKeeper by their frames', () => {
  it('tells reads, writes and the nodes within them apart, whatever the order', () => {
    const requests = noRequests();
    const session = { id: Buffer.alloc(8), password: Buffer.alloc(16), timeout: 10_000, zxid: 0n };
    countFrame(connectFrame(session), requests);
    countFrame(pingFrame(), requests);
    const calls = [
      getCall('/a', true),
      childrenCall('/a'),
      readManyCall([
        { kind: 'get', path: '/a' },
        { kind: 'names', path: '/b/c' },
        { kind: 'get', path: '/d' },
      ]),
      leaveWatchesCall({ nodes: ['/a', '/b'], absent: ['/d'], standing: ['/c'] }),
      removeWatchesCall('/c'),
      createCall('/a', '{}', false, 'everyone'),
      setCall('/a', '{"x":1}', 4),
      removeCall('/a', undefined),
      transactionCall(
        [
          { kind: 'check', path: '/a', version: 1 },
          { kind: 'create', path: '/a/b', value: 'é', ephemeral: true },
          { kind: 'set', path: '/a', value: '{}' },
          { kind: 'remove', path: '/a/c', version: 0 },
        ],
        'authenticated',
      ),
    ];
    for (const [xid, { bytes }] of calls.entries()) {
      stamp(bytes, xid + 1);
      countFrame(bytes, requests);
    }
    assert.deepEqual(requests, {
      reads: 5,
      nodesRead: 5,
      writes: 4,
      nodesWritten: 6,
      pings: 1,
      others: 1,
    });
  });
});
