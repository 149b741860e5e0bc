import * as z from '../../state/platform/zod.js';

/** The version of the protocol that this agent speaks (docs/hook-tool-protocol.md). */
const PROTOCOL_VERSION = 1;

/** Bytes that the line of a request may have. */
export const REQUEST_LIMIT = 1024 * 1024;

// Keys that a later version adds are let through: they change nothing in what this one understands.
const requestSchema = z.looseObject({
  version: z._default(z.number().check(z.int(), z.gte(1)), 1),
  client: z.string().check(z.minLength(1)),
  tool: z.string().check(z.minLength(1)),
  arguments: z.array(z.string()),
  directory: z.string(),
  input: z.optional(z.string()),
});

/** A hook's call of a tool, as it came over the socket. */
export type Request = z.infer<typeof requestSchema>;

/** Reads a request's line, or gives a sentence that says what is wrong with it. */
export function parseRequest(line: Uint8Array): Request | string {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch (error) {
    return error instanceof SyntaxError ? 'the request is not JSON' : 'the request is not UTF-8';
  }
  const version = z.looseObject({ version: z.number() }).safeParse(value);
  if (version.success && version.data.version > PROTOCOL_VERSION) {
    const theirs = version.data.version;
    return `the request is of version ${theirs} of the hook tool protocol, this agent speaks up to ${PROTOCOL_VERSION}`;
  }
  const parsed = requestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `the request's ${issue?.path.join('.') || 'value'} is wrong: ${issue?.message ?? 'unreadable'}`;
}
