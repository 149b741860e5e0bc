import { systemClock } from '../platform/clock.js';
import { EnsembleError } from '../platform/errors.js';
import { retryAfterOf } from '../platform/retry-after.js';
import {
  BucketElsewhere,
  BucketNotFound,
  ObjectNotFound,
  StorageAccessDenied,
  StorageCredentialsMissing,
  StorageFull,
  StorageRequestRefused,
  StorageUnreachable,
  StorageUrlInvalid,
} from './errors.js';
import { networkReason } from './network-reason.js';
import type { S3Location } from './s3-url.js';

/** The parts of an SDK error that are read; it is told apart by them because a HEAD's answer has no body to name it. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Record<string, string> };
  readonly Region?: string;
}

const credentialErrors = ['CredentialsProviderError', 'TokenProviderError', 'ProviderError'];
const quotaErrors = ['QuotaExceeded', 'InsufficientStorage', 'StorageFull', 'XMinioStorageFull'];

/** How AWS answers a request to the wrong region; it names the right one in a header. */
const elsewhere = [301, 307, 308, 400];

/** A server's words for that it is asked too often. */
const TOO_OFTEN = /^(SlowDown|Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled)/;

/** A server's words for an upload that did not arrive as it was sent; sent again, it may. */
const damagedUploads = ['BadDigest', 'XAmzContentSHA256Mismatch', 'IncompleteBody', 'RequestTimeout'];

/** Why a server refuses, by the code in its answer; a HEAD's answer has none. */
const refusals: Record<string, string> = {
  InvalidAccessKeyId: 'it does not know the access key',
  SignatureDoesNotMatch: 'the secret access key is not the one of the access key',
  ExpiredToken: 'the session token has expired',
  RequestTimeTooSkewed: 'this machine’s clock is wrong',
};

/** Translates an error of the SDK, or of the stream of a body, for an operator. */
export function s3Error(thrown: unknown, location: S3Location, key: string): unknown {
  if (thrown instanceof EnsembleError || !(thrown instanceof Error)) return thrown;
  const error: SdkError = thrown;
  const { url, bucket } = location;
  // Only the text of the SDK's error goes on: the object itself holds the request with its signature and token.
  const cause = { cause: new Error(`${error.name}: ${error.message}`) };

  if (error.message === 'Region is missing')
    return new StorageUrlInvalid({
      url,
      reason: 'it names no region, and neither AWS_REGION nor the profile does',
    });
  if (credentialErrors.includes(error.name))
    return new StorageCredentialsMissing({ storage: url, reason: credentialsReason(error.message) }, cause);

  const status = error.$metadata?.httpStatusCode;
  if (status === undefined) {
    const { reason, next } = networkReason(error, location);
    return new StorageUnreachable({ storage: url, key, reason, next }, cause);
  }
  const answer = `it answers ${status} ${/^\d*$|^Unknown/.test(error.name) ? '' : error.name}`.trimEnd();
  const actual = error.$response?.headers?.['x-amz-bucket-region'] ?? error.Region;
  if (error.name === 'PermanentRedirect' || (actual !== undefined && elsewhere.includes(status)))
    return new BucketElsewhere({ storage: url, bucket, region: location.region, actual }, cause);
  if (error.name === 'NoSuchBucket') return new BucketNotFound({ storage: url, bucket }, cause);
  if (status === 404) return new ObjectNotFound({ storage: url, key }, cause);
  if (status === 401 || status === 403)
    return new StorageAccessDenied(
      {
        storage: url,
        key,
        reason: refusals[error.name] ?? answer,
        next: `check the credentials, and that they allow s3:GetObject, s3:PutObject and s3:ListBucket on ${bucket}`,
      },
      cause,
    );
  if (status === 507 || quotaErrors.includes(error.name))
    return new StorageFull({ storage: url, key, limit: `the bucket ${bucket} or its server` }, cause);
  if (damagedUploads.includes(error.name))
    return new StorageUnreachable(
      { storage: url, key, reason: 'the upload was cut or changed on its way' },
      cause,
    );
  if (status >= 500 || status === 429) {
    const rateLimited = status === 429 || TOO_OFTEN.test(error.name);
    const retryAfter = retryAfterOf(error.$response?.headers?.['retry-after'], systemClock.now());
    const reason = rateLimited ? `it was asked too often: ${answer}` : answer;
    return new StorageUnreachable(
      { storage: url, key, reason, ...(rateLimited && { rateLimited }), retryAfter },
      cause,
    );
  }
  return new StorageRequestRefused({ storage: url, key, reason: `${answer}: ${error.message}` }, cause);
}

/** The SDK's own words where they tell what is wrong, such as an expired login; they do not where nothing was found. */
function credentialsReason(message: string): string {
  if (!message.startsWith('Could not load credentials')) return message;
  const profile = process.env.AWS_PROFILE;
  return profile === undefined
    ? 'neither the environment nor a profile nor a role of this machine gives any'
    : `the profile ${profile} gives none`;
}
