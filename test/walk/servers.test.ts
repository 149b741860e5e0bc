import { DeleteBucketCommand, DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { type Swift, startSwift } from '../servers/swift.js';
import { startEnsemble, type ZookeeperServer } from '../servers/zookeeper.js';
import { withAwsEnvironment } from '../state/storage/aws-environment.js';
import { Walk } from './walk.js';

const two = ['f/0', 'f/1'];

describe('out of the trouble with ZooKeeper, by what is printed', () => {
  let servers: readonly ZookeeperServer[] = [];
  let walk: Walk;
  before(async () => {
    servers = await startEnsemble(3);
  });
  after(() => Promise.all(servers.map((server) => server.stop())));
  let environments = 0;
  beforeEach(async () => {
    environments += 1;
    const hosts = servers.map(({ address }) => address).join(',');
    walk = await Walk.open({ state: `zookeeper://${hosts}/e${environments}` });
    await walk.world.agentProcess();
    await walk.running(two.length);
  });
  afterEach(() => walk.close());

  it('of which one server is killed in the middle of an upgrade', async () => {
    await walk.formula(2, { hooks: { 'upgrade-formula': 'gate open' } });
    await walk.begins('ensemble upgrade-formula f');
    await walk.sees(/upgrading, hook/);
    const leads = await Promise.all(servers.map((server) => server.leads()));
    const leader = servers[leads.indexOf(true)];
    await leader?.kill();
    await walk.world.openGate('open');
    await walk.ends();
    await walk.untilFine(two, 'world:f-2');
    await leader?.start();
  });

  it('of which all servers are gone for a while', async () => {
    await walk.formula(2);
    await Promise.all(servers.map((server) => server.kill()));
    await walk.meets('ensemble upgrade-formula f', 1);
    await walk.sees(/cannot be reached/);
    await Promise.all(servers.map((server) => server.start()));
    await walk.meets('ensemble upgrade-formula f');
    await walk.untilFine(two, 'world:f-2');
  });
});

describe('out of the trouble with a bucket, by what is printed', () => {
  let swift: Swift;
  let putBack: () => void;
  let walk: Walk;
  before(async () => {
    swift = await startSwift();
    putBack = withAwsEnvironment(swift);
    await swift.createBucket('formulas');
  });
  after(async () => {
    putBack();
    await swift.stop();
  });
  afterEach(() => walk.close());

  it('that is gone', async () => {
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
    const variables = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_EC2_METADATA_DISABLED: 'true' };
    walk = await Walk.open({ storage: swift.url('formulas', 'e'), variables });
    await walk.world.agentProcess();
    await walk.running(two.length);
    await removeBucket(swift, 'formulas');
    await walk.formula(2);
    await walk.meets('ensemble upgrade-formula f', 1);
    await walk.sees(/there is no bucket formulas .*\n +try: create the bucket/);
    await swift.createBucket('formulas');
    await walk.meets('ensemble upgrade-formula f');
    await walk.untilFine(two, 'world:f-2');
  });
});

async function removeBucket(
  { endpoint, region, accessKeyId, secretAccessKey }: Swift,
  Bucket: string,
): Promise<void> {
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await client.send(new DeleteBucketCommand({ Bucket }));
  client.destroy();
}
