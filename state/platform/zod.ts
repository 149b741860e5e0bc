import * as mini from 'zod/mini';
import english from 'zod/v4/locales/en.js';

/**
 * The schemas are made of this: `zod/mini`, which builds them in half the time that zod itself takes, and every
 * command waits for it. It has no messages of its own, and some are shown.
 */
export * from 'zod/mini';

mini.config(english());

/*
 * Most of what schemas are made of says nothing of its own: three in four of them are a text, a number, or one that may
 * be absent. A schema never changes, so one of each kind serves all.
 */

const TEXT = mini.string();
const WHOLE_NUMBER = mini.int();
const NUMBER = mini.number();
const TRUTH = mini.boolean();
const ANYTHING = mini.unknown();
const optionals = new WeakMap<object, object>();

export const string: typeof mini.string = (params?: Parameters<typeof mini.string>[0]) =>
  params === undefined ? TEXT : mini.string(params);

export const int: typeof mini.int = (params) => (params === undefined ? WHOLE_NUMBER : mini.int(params));

export const number: typeof mini.number = (params) => (params === undefined ? NUMBER : mini.number(params));

export const boolean: typeof mini.boolean = (params) => (params === undefined ? TRUTH : mini.boolean(params));

export const unknown: typeof mini.unknown = () => ANYTHING;

export function optional<T extends mini.core.SomeType>(schema: T): mini.ZodMiniOptional<T> {
  const made = optionals.get(schema) as mini.ZodMiniOptional<T> | undefined;
  const one = made ?? mini.optional(schema);
  if (made === undefined) optionals.set(schema, one);
  return one;
}

export function looseObject<T extends mini.core.$ZodLooseShape>(
  shape: T,
): ReturnType<typeof mini.looseObject<T>> {
  return new mini.ZodMiniObject({ type: 'object', shape, catchall: ANYTHING }) as ReturnType<
    typeof mini.looseObject<T>
  >;
}
