import type { ForgeRequest } from './forge.js';

/** How long and how much is waited for, in milliseconds and bytes. */
const SILENCE = 30_000;
const WALL = 120_000;
const MOST = 32 * 1024 ** 2;

/** Asks through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. */
export const forgeRequest: ForgeRequest = async (url, headers) => {
  // Loaded here, as few commands need it and it takes a while.
  const { EnvHttpProxyAgent, request } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent({
    headersTimeout: SILENCE,
    bodyTimeout: SILENCE,
    connect: { timeout: SILENCE },
  });
  try {
    const answer = await request(url, {
      dispatcher,
      signal: AbortSignal.timeout(WALL),
      headers: { ...headers },
    });
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of answer.body) {
      const bytes: Uint8Array = piece;
      length += bytes.length;
      if (length > MOST) throw new Error(`its answer has more than ${MOST} bytes`);
      pieces.push(Buffer.from(bytes));
    }
    return {
      status: answer.statusCode,
      header: (name) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
      body: Buffer.concat(pieces).toString('utf8'),
    };
  } finally {
    await dispatcher.destroy();
  }
};
