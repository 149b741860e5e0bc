import { EnsembleError } from '../../platform/errors.js';
import { isBroken, networkCode } from '../../platform/network-code.js';

const silent = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'];

/**
 * Why a server gave no whole answer, in an operator's words; undefined of what has words of its own, or is no fault of the
 * network.
 * @param isLate the time for all of it is over
 */
export function httpReason(error: unknown, isLate: boolean): string | undefined {
  if (error instanceof EnsembleError || !(error instanceof Error)) return undefined;
  const code = networkCode(error);
  if (isLate) return 'it takes too long to answer';
  if (silent.includes(code)) return 'it does not answer';
  if (isBroken(code) || code === 'UND_ERR_SOCKET') return 'the connection to it broke';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name of its host is not known';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'there is no route to it';
  if (code === 'EPROTO') return 'it does not speak TLS; http: may be meant';
  if (code.startsWith('Z_')) return 'its answer is damaged: it cannot be unpacked';
  if (code.startsWith('HPE_') || code.startsWith('UND_ERR_'))
    return `it does not speak HTTP as it should: ${error.message}`;
  if (/CERT|SIGNATURE|ISSUER|ERR_TLS/.test(code)) return `its certificate is not trusted: ${error.message}`;
  return code === '' ? undefined : error.message;
}
