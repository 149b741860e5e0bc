import { isBroken, networkCode } from '../platform/network-code.js';
import type { S3Location } from './s3-url.js';

/** A sentence part, and what to do where that is special. */
interface NetworkReason {
  readonly reason: string;
  readonly next?: string;
}

/** Why no answer came, in an operator's words. */
export function networkReason(error: Error, location: S3Location): NetworkReason {
  const code = networkCode(error);
  const server = location.endpoint ?? 'the S3 server';
  if (error.name === 'TimeoutError' && !isBroken(code)) return { reason: `${server} does not answer` };
  if (error.name === 'AbortError') return { reason: 'the request was given up' };
  if (isBroken(code)) return { reason: `the connection to ${server} broke` };
  switch (code) {
    case 'ECONNREFUSED':
      return { reason: `nothing listens at ${server}` };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return location.endpoint !== undefined && !location.pathStyle
        ? {
            reason: `the host name of the bucket ${location.bucket} at ${server} is not known`,
            next: 'add &pathStyle=true to the environment’s `storage` in environments.yaml',
          }
        : { reason: `the host name of ${server} is not known` };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { reason: `there is no route to ${server}` };
    case 'ETIMEDOUT':
      return { reason: `${server} does not answer` };
    case 'EPROTO':
      return { reason: `${server} does not speak TLS; an http:// endpoint may be meant` };
    default:
      if (code.startsWith('HPE_')) return { reason: `${server} does not speak HTTP` };
      if (/CERT|SIGNATURE|ISSUER/.test(code))
        return { reason: `the certificate of ${server} is not trusted: ${error.message}` };
      return { reason: error.message };
  }
}
