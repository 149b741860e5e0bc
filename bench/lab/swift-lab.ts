import { createHmac } from 'node:crypto';
import { startSwift, type Swift } from '../../test/servers/swift.js';
import { Lab } from './lab.js';

const BUCKET = 'formulas';

/** A lab whose formulas are stored in a real Swift, asked by its S3 API. */
export interface SwiftLab {
  readonly lab: Lab;
  readonly swift: Swift;
  /** The words of a `curl` that prints a stored object. */
  curl(key: string): string;
  close(): Promise<void>;
}

/** @param via `host:port` that stands before Swift's own, e.g. what counts its requests; default Swift's own */
export async function openSwiftLab(via?: (swift: Swift) => Promise<string>): Promise<SwiftLab> {
  const swift = await startSwift();
  await swift.createBucket(BUCKET);
  const { accessKeyId, secretAccessKey, endpoint } = swift;
  const url = swift.url(BUCKET);
  const storage = via === undefined ? url : url.replace(new URL(endpoint).host, await via(swift));
  const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const lab = await Lab.open({ engine: 'embedded', storage, env });
  return {
    lab,
    swift,
    curl: (key) => `curl -sSf '${signedUrl(swift, `/${BUCKET}/${key}`)}'`,
    async close() {
      await lab.close();
      await swift.stop();
    },
  };
}

/** Anyone who has it may get the object: S3's older signature, as curl takes no key with a colon in it. */
function signedUrl({ endpoint, accessKeyId, secretAccessKey }: Swift, path: string): string {
  const expires = Math.floor(Date.now() / 1_000) + 3_600;
  const signature = createHmac('sha1', secretAccessKey)
    .update(`GET\n\n\n${expires}\n${path}`)
    .digest('base64');
  const query = new URLSearchParams({
    AWSAccessKeyId: accessKeyId,
    Expires: String(expires),
    Signature: signature,
  });
  return `${endpoint}${path}?${query}`;
}
