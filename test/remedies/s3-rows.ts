import { type Swift, startSwift } from '../servers/swift.js';
import { type Answer, inRegion, startS3Gateway, writeOnly } from '../servers/s3-gateway.js';
import type { Row, Stage } from './stage.js';

const BOOTSTRAP = 'ensemble bootstrap';

/** What a shell knows of the server's user, and where else the SDK is to look for one: nowhere. */
const credentials = (id: string, secret: string): string =>
  `AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID='${id}' AWS_SECRET_ACCESS_KEY='${secret}'`;

/** A situation on a Swift of its own, whose bucket `there` is what the storage of `world` is to be. */
const onSwift = (
  code: string,
  by: string,
  run: (stage: Stage, swift: Swift, user: string) => Promise<void>,
): Row => ({
  code,
  by,
  bare: true,
  run: async (stage) => {
    const swift = await startSwift();
    try {
      await swift.createBucket('there');
      await stage.edit(/file:.*/, swift.url('there'));
      await run(stage, swift, credentials(swift.accessKeyId, swift.secretAccessKey));
    } finally {
      await swift.stop();
    }
  },
});

/** The same, behind a gateway that answers some requests itself. */
const behind = (
  answer: Answer,
  code: string,
  by: string,
  run: (stage: Stage, swift: Swift, user: string) => Promise<void>,
): Row =>
  onSwift(code, by, async (stage, swift, user) => {
    const gateway = await startS3Gateway(swift.endpoint, answer);
    try {
      await stage.edit(swift.endpoint, gateway.endpoint);
      await run(stage, swift, user);
    } finally {
      await gateway.close();
    }
  });

/** What an S3 server refuses; each has a server of its own, and the fault suite runs them. */
export const s3Rows: readonly Row[] = [
  onSwift('bucket-not-found', 'creating it', async (stage, swift, user) => {
    await stage.edit('s3://there', 's3://missing');
    const said = await stage.fails(`${user} ${BOOTSTRAP}`, /there is no bucket missing/);
    stage.named(said, /create the bucket/);
    await swift.createBucket('missing');
    await stage.ok(`${user} ${BOOTSTRAP}`);
  }),
  onSwift('bucket-not-found', 'correcting the storage', async (stage, _swift, user) => {
    await stage.edit('s3://there', 's3://missing');
    const said = await stage.fails(`${user} ${BOOTSTRAP}`, /there is no bucket missing/);
    stage.named(said, /correct the environment’s `storage` in environments\.yaml/);
    await stage.edit('s3://missing', 's3://there');
    await stage.ok(`${user} ${BOOTSTRAP}`);
  }),
  onSwift('storage-request-refused', 'the region of the server', async (stage, _swift, user) => {
    await stage.edit('region=us-east-1', 'region=eu-west-7');
    const said = await stage.fails(`${user} ${BOOTSTRAP}`, /the storage refuses a request for \S+eu-west-7/);
    stage.named(said, /check the environment’s `storage` in environments\.yaml/);
    await stage.edit('region=eu-west-7', 'region=us-east-1');
    await stage.ok(`${user} ${BOOTSTRAP}`);
  }),
  onSwift('storage-access-denied', 'the right credentials', async (stage, swift, user) => {
    const wrong = credentials(swift.accessKeyId, 'wrong');
    const said = await stage.fails(`${wrong} ${BOOTSTRAP}`, /the storage refuses access to/);
    stage.named(said, /check the credentials/);
    await stage.ok(`${user} ${BOOTSTRAP}`);
  }),
  onSwift('storage-credentials-missing', 'the variables that it names', async (stage, swift) => {
    const nobody = 'AWS_EC2_METADATA_DISABLED=true';
    const said = await stage.fails(`${nobody} ${BOOTSTRAP}`, /there are no credentials for/);
    const id = stage.named(said, /AWS_ACCESS_KEY_ID/);
    const secret = stage.named(said, /AWS_SECRET_ACCESS_KEY/);
    const set = `${id}='${swift.accessKeyId}' ${secret}='${swift.secretAccessKey}'`;
    await stage.ok(`${nobody} ${set} ${BOOTSTRAP}`);
  }),
  behind(
    inRegion('us-east-1'),
    'bucket-elsewhere',
    'the region that is printed',
    async (stage, _swift, user) => {
      await stage.edit('region=us-east-1', 'region=eu-west-7');
      const said = await stage.fails(`${user} ${BOOTSTRAP}`, /not in the region eu-west-7 but in us-east-1/);
      await stage.edit('region=eu-west-7', stage.named(said, /(?<=put )region=[\w-]+/));
      await stage.ok(`${user} ${BOOTSTRAP}`);
    },
  ),
  behind(writeOnly, 'storage-unusable', 'a storage that shows what it took', async (stage, swift, user) => {
    const said = await stage.fails(`${user} ${BOOTSTRAP}`, /an object stored there is not there afterwards/);
    stage.named(said, /check the environment’s `storage`/);
    await stage.edit(/endpoint=[^&]+/, `endpoint=${swift.endpoint}`);
    await stage.ok(`${user} ${BOOTSTRAP}`);
  }),
];
