import { resolve } from 'node:path';
import * as z from '../platform/zod.js';
import type { ForgeSettings } from './environment.js';

/** A token goes to this URL with every question: over a connection that others can read, only to this machine. */
const API = /^https:\/\/[^\s?#@]+$|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:\/[^\s?#@]*)?$/;

/** An entry of `forges`: a host whose open changes are asked for. */
export const forgeSchema = z.looseObject({
  host: z.string().check(z.regex(/^[A-Za-z0-9.:_[\]-]+$/, 'is no host')),
  kind: z.enum(['github', 'gitlab']),
  api: z.optional(z.string().check(z.regex(API, 'is no https: URL without a user, ? and #'))),
  'token-file': z.optional(z.string().check(z.minLength(1))),
  'token-variable': z.optional(z.string().check(z.regex(/^[A-Za-z_]\w*$/, 'is no name of a variable'))),
});

/** What an entry says. @param home what relative paths are taken from */
export function forgeIn(
  { host, kind, api, 'token-file': file, 'token-variable': variable }: z.infer<typeof forgeSchema>,
  home: string,
): ForgeSettings {
  return {
    host,
    kind,
    ...(api !== undefined && { api: api.replace(/\/+$/, '') }),
    ...(file !== undefined && { tokenFile: resolve(home, file) }),
    ...(variable !== undefined && { tokenVariable: variable }),
  };
}
