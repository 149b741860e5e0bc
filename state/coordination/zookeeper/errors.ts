import { defineError } from '../../platform/errors.js';

/** ZooKeeper answered a request with an error that stands for no case of the coordinator's contract. */
export class RequestRefused extends defineError<{
  coordinator: string;
  path: string;
  /** ZooKeeper's own number (org.apache.zookeeper.KeeperException.Code). */
  zookeeperCode: number;
}>(
  'request-refused',
  ({ coordinator, path, zookeeperCode }) =>
    `the coordinator ${coordinator} refused a request for ${path} with ZooKeeper error ${zookeeperCode}`,
  'look into the log of the ZooKeeper server',
) {}
