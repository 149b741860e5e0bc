import * as z from '../platform/zod.js';
import { type ConfigType, type ConfigValue, misfit } from './config-types.js';

/** One setting that operators can make. Keys that are not known here are kept beside these. */
export interface ConfigOption {
  readonly type: ConfigType;
  /** The formula gets this while nobody set the option; without it, nothing. */
  readonly default?: ConfigValue | undefined;
  readonly description: string;
  /** True or false: whether histories leave its value out. Anything else says nothing: see `isSecretOption`. */
  readonly secret?: unknown;
}

export type ConfigOptions = Readonly<Record<string, ConfigOption>>;

const optionName = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/,
      'is no name for an option: use letters, digits, dashes, dots and underscores',
    ),
  );

const option = z
  .pipe(
    z.transform(dropEmptyDefault),
    z.looseObject({
      type: z.enum(['string', 'int', 'float', 'boolean']),
      default: z.optional(
        z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false'),
      ),
      description: z._default(z.string(), ''),
      secret: z.optional(z.unknown()),
    }),
  )
  .check(
    z.superRefine((value, context) => {
      const reason = value.default === undefined ? undefined : misfit(value.type, value.default);
      if (reason !== undefined) context.addIssue({ code: 'custom', path: ['default'], message: reason });
    }),
  );

/** `default:` with nothing behind it means that there is none. */
function dropEmptyDefault(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('default' in value) || value.default !== null)
    return value;
  const { default: _none, ...others } = value;
  return others;
}

/** The options of a formula, by name, as in `config.yaml` under `options` and as the coordinator holds them. */
export const configOptionsSchema = z.record(optionName, option);

/** The whole of `config.yaml`; an empty file means no options. */
export const configFileSchema = z.pipe(
  z.transform((value) => value ?? {}),
  z.looseObject({
    options: z.pipe(
      z.transform((value) => value ?? {}),
      configOptionsSchema,
    ),
  }),
);
