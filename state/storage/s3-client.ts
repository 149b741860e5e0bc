import { S3Client } from '@aws-sdk/client-s3';
import type { S3Location } from './s3-url.js';

/** In milliseconds; see `StorageOptions`. */
export interface S3Limits {
  readonly connectTimeout: number;
  readonly answerTimeout: number;
  readonly idleTimeout: number;
  readonly attempts: number;
}

const QUICK: S3Limits = { connectTimeout: 3_000, answerTimeout: 4_500, idleTimeout: 4_500, attempts: 1 };

/** The SDK prints its notices with `console.warn` unless it is given a logger. */
const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // An operator reads our errors, not the SDK's notices.
}

const NODE_NOTICE = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** Credentials, and the region where `location` has none, come from the SDK's usual chain at the first request. */
export function createS3Client(location: S3Location, limits: S3Limits): S3Client {
  const { region, endpoint, pathStyle } = location;
  return withoutNodeNotice(
    () =>
      new S3Client({
        // Servers other than AWS have no regions, but a signature names one.
        ...((region ?? endpoint) !== undefined && { region: region ?? 'us-east-1' }),
        ...(endpoint !== undefined && { endpoint }),
        forcePathStyle: pathStyle,
        // By default the SDK frames a streamed body in chunks with a trailing checksum. Many S3-compatible servers
        // refuse that, and some store the frames; every object is verified by its sha256 anyway.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        maxAttempts: limits.attempts,
        requestHandler: {
          connectionTimeout: limits.connectTimeout,
          socketTimeout: limits.idleTimeout,
          throwOnRequestTimeout: true,
        },
        logger: silent,
      }),
  );
}

/**
 * The SDK's notice about the age of Node is decided once, when the first client is made. The variable that silences
 * it is set for that moment only, so that no hook and no other process inherits it.
 */
function withoutNodeNotice<T>(make: () => T): T {
  const before = process.env[NODE_NOTICE];
  process.env[NODE_NOTICE] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[NODE_NOTICE];
    else process.env[NODE_NOTICE] = before;
  }
}

/**
 * The access key that requests to a storage are signed with, by the SDK's usual chain; it is no secret.
 * @returns undefined where there is none
 */
export async function accessKeyOf(location: S3Location): Promise<string | undefined> {
  const client = createS3Client(location, QUICK);
  try {
    return (await client.config.credentials()).accessKeyId;
  } catch {
    // Why there is none is said by whatever is asked next.
    return undefined;
  } finally {
    client.destroy();
  }
}
