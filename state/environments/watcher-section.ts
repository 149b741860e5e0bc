import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from '../platform/zod.js';

/** Milliseconds by the unit that a time is written with. */
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const TIME = /^([1-9]\d{0,5})([smhd])$/;

const time = z.string().check(z.regex(TIME, 'is no time: write e.g. 10s, 5m, 24h or 3d'));
const file = z.string().check(z.minLength(1));
const names = z.array(z.string().check(z.minLength(1)));

const sinkSchema = z.looseObject({
  webhook: z.optional(
    z
      .string()
      .check(
        z.regex(
          /^https?:\/\/[^\s@]+$/,
          'is no URL of a webhook: write e.g. https://host/path, without a password',
        ),
      ),
  ),
  command: z.optional(z.array(z.string()).check(z.minLength(1))),
  file: z.optional(file),
  secretFile: z.optional(file),
  timeout: z.optional(time),
  tries: z.optional(z.int().check(z.positive(), z.lt(100_000))),
  'give-up': z.optional(time),
  environments: z.optional(names),
});

const forgeSchema = z.looseObject({ secretFile: file });

const triggersSchema = z.looseObject({ github: z.optional(forgeSchema), gitlab: z.optional(forgeSchema) });

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** The section `watcher` of environments.yaml: to whom the watcher tells what is newer, and who may have it look. */
export const watcherSchema = z.looseObject({
  listen: z.optional(
    z
      .string()
      .check(z.regex(/^(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/, 'is no address: write e.g. 127.0.0.1:8378')),
  ),
  triggers: z.optional(triggersSchema),
  sinks: z.optional(
    z.record(
      z.string().check(z.regex(NAME, 'is no name of a sink: a-z, 0-9 and dashes, 40 at most')),
      sinkSchema,
    ),
  ),
});

type WatcherSection = z.infer<typeof watcherSchema>;

/** One to whom announcements are delivered, with every path absolute and times in milliseconds. */
export type SinkRules = {
  readonly name: string;
  /** How long one try may take. */
  readonly timeout: number;
  /** After how many tries, and how long after it was announced, one is given up. */
  readonly tries: number;
  readonly giveUp: number;
  /** Only what concerns these; all where it is undefined. */
  readonly environments?: readonly string[] | undefined;
} & (
  | { readonly kind: 'webhook'; readonly url: string; readonly secretFile?: string | undefined }
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] }
  | { readonly kind: 'file'; readonly file: string }
);

/** What the section says. */
export interface WatcherRules {
  readonly sinks: readonly SinkRules[];
  /** Where webhooks of forges and scrapes of metrics come in; nothing listens where it is undefined. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
  /** Files with the secrets of those who may have the watcher look. */
  readonly triggers: { readonly github?: string | undefined; readonly gitlab?: string | undefined };
}

/** What is said where there is no section. */
export const noWatcherRules: WatcherRules = { sinks: [], triggers: {} };

/** A fault of the section: where it stands in it, and what it is. */
interface SectionFault {
  readonly path: readonly string[];
  readonly reason: string;
}

const DEFAULTS = { timeout: 10_000, commandTimeout: 30_000, tries: 250, giveUp: 86_400_000 } as const;

/** The keys that mean something, by where they stand in the section. */
export function watcherKeys(
  section: WatcherSection,
): readonly (readonly [readonly string[], readonly string[]])[] {
  const { triggers, sinks = {} } = section;
  return [
    [[], Object.keys(watcherSchema.shape)],
    ...(triggers === undefined ? [] : [[['triggers'], Object.keys(triggersSchema.shape)] as const]),
    ...(['github', 'gitlab'] as const)
      .filter((forge) => triggers?.[forge] !== undefined)
      .map((forge) => [['triggers', forge], Object.keys(forgeSchema.shape)] as const),
    ...Object.keys(sinks).map((name) => [['sinks', name], Object.keys(sinkSchema.shape)] as const),
  ];
}

/**
 * What the section says, checked further than each key by itself.
 * @param directory what relative paths are taken from
 */
export function watcherRules(
  { listen, triggers = {}, sinks = {} }: WatcherSection,
  directory: string,
): WatcherRules | SectionFault {
  const rules: SinkRules[] = [];
  for (const [name, sink] of Object.entries(sinks)) {
    const found = sinkRules(name, sink, directory);
    if ('reason' in found) return found;
    rules.push(found);
  }
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(listen ?? '') ?? [];
  if (Number(port) > 65_535) return { path: ['listen'], reason: `${port} is no port` };
  if (listen === undefined && (triggers.github ?? triggers.gitlab) !== undefined)
    return { path: ['triggers'], reason: 'needs `listen` beside it, such as listen: 127.0.0.1:8378' };
  return {
    sinks: rules,
    ...(listen !== undefined && { listen: { host: host.replace(/^\[|\]$/g, ''), port: Number(port) } }),
    triggers: {
      ...(triggers.github && { github: resolve(directory, triggers.github.secretFile) }),
      ...(triggers.gitlab && { gitlab: resolve(directory, triggers.gitlab.secretFile) }),
    },
  };
}

function sinkRules(
  name: string,
  sink: z.infer<typeof sinkSchema>,
  directory: string,
): SinkRules | SectionFault {
  const { webhook, command, file: log, secretFile, environments } = sink;
  const fault = (reason: string): SectionFault => ({ path: ['sinks', name], reason });
  const kinds = [webhook, command, log].filter((kind) => kind !== undefined);
  if (kinds.length !== 1) return fault('has one of `webhook`, `command` and `file`');
  if (secretFile !== undefined && webhook === undefined)
    return fault('has a `secretFile`, which is for a `webhook` only');
  const usual = command === undefined ? DEFAULTS.timeout : DEFAULTS.commandTimeout;
  const common = {
    name,
    timeout: milliseconds(sink.timeout) ?? usual,
    tries: sink.tries ?? DEFAULTS.tries,
    giveUp: milliseconds(sink['give-up']) ?? DEFAULTS.giveUp,
    ...(environments !== undefined && { environments }),
  };
  if (webhook !== undefined)
    return {
      ...common,
      kind: 'webhook',
      url: webhook,
      ...(secretFile !== undefined && { secretFile: resolve(directory, secretFile) }),
    };
  const [program, ...words] = command ?? [];
  if (program !== undefined) return { ...common, kind: 'command', command: [program, ...words] };
  return { ...common, kind: 'file', file: resolve(directory, log ?? '') };
}

function milliseconds(text: string | undefined): number | undefined {
  const [, count, unit = ''] = TIME.exec(text ?? '') ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0);
}

/** Characters that a secret has at least: a shorter one is guessed. */
const SHORTEST_SECRET = 8;

/**
 * The secret in a file that nobody but its owner may read, or why it is none; it is in no message. Read each time that it
 * is used, so that another one is taken without a new start.
 */
export function readSecret(path: string): { readonly secret: string } | { readonly reason: string } {
  try {
    const { mode, uid } = statSync(path);
    if ((mode & 0o077) !== 0)
      return { reason: `${path} may be read by others than its owner; close it with: chmod 600 ${path}` };
    const own = process.geteuid?.();
    if (own !== undefined && uid !== own && uid !== 0)
      return { reason: `${path} belongs to another user, who may change it` };
    const secret = readFileSync(path, 'utf8').trim();
    if (secret.length >= SHORTEST_SECRET) return { secret };
    return { reason: `${path} holds ${secret.length} characters; a secret has ${SHORTEST_SECRET} at least` };
  } catch (error) {
    return { reason: `${path} cannot be read: ${(error as NodeJS.ErrnoException).code}` };
  }
}
