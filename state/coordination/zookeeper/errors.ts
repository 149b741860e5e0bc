import { EnsembleError } from '../../platform/errors.js';

/** ZooKeeper answered a request with an error that stands for no case of the coordinator's contract. */
export class RequestRefused extends EnsembleError {
  static override readonly code = 'request-refused';
  constructor(
    readonly coordinator: string,
    readonly path: string,
    /** ZooKeeper's own number (org.apache.zookeeper.KeeperException.Code). */
    readonly zookeeperCode: number,
  ) {
    super(
      `the coordinator ${coordinator} refused a request for ${path} with ZooKeeper error ${zookeeperCode}`,
      'look into the log of the ZooKeeper server',
    );
  }
}
