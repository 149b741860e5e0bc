import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { fileDigest } from '../../state/storage/digest.js';
import { bundleKey } from '../../state/storage/key.js';
import { type Swift, startSwift } from '../servers/swift.js';
import { startProxy, type TcpProxy } from '../servers/tcp-proxy.js';
import { withAwsEnvironment } from '../state/storage/aws-environment.js';

const BUCKET = 'formulas';

/** The storage of one case, on a real S3 server. */
export interface S3Scene {
  /** Between the agent and the storage. */
  readonly proxy: TcpProxy;
  /** The storage's URL, by way of the proxy and without it. */
  readonly proxied: string;
  readonly direct: string;
  /** The bundle that the next operations are about; a file. */
  about(bundle: string): void;
  /** Stores other bytes under its key. */
  put(bytes: Buffer): Promise<void>;
  remove(): Promise<void>;
}

/** One S3 server for many cases, each with a prefix of its own. */
export interface S3Server {
  scene(): Promise<S3Scene>;
  stop(): Promise<void>;
}

/** Starts it; agents of the tests' process find its credentials until it is stopped. */
export async function startS3(): Promise<S3Server> {
  const swift: Swift = await startSwift();
  const putBack = withAwsEnvironment(swift);
  await swift.createBucket(BUCKET);
  const { endpoint, region, accessKeyId, secretAccessKey } = swift;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    credentials: { accessKeyId, secretAccessKey },
  });
  let scenes = 0;
  return {
    async scene() {
      scenes += 1;
      const prefix = `case${scenes}`;
      const proxy = await startProxy(Number(new URL(endpoint).port));
      const direct = swift.url(BUCKET, prefix);
      let bundle = '';
      const object = async () => ({
        Bucket: BUCKET,
        Key: `${prefix}/${bundleKey((await fileDigest(bundle)).sha256)}`,
      });
      return {
        proxy,
        direct,
        proxied: direct.replace(endpoint, `http://${proxy.address}`),
        about(file) {
          bundle = file;
        },
        async put(bytes) {
          await client.send(new PutObjectCommand({ ...(await object()), Body: bytes }));
        },
        async remove() {
          await client.send(new DeleteObjectCommand(await object()));
        },
      };
    },
    async stop() {
      client.destroy();
      putBack();
      await swift.stop();
    },
  };
}
