import type { ConfigOption } from './config-options.js';

/** Words in a name that say that the value is a secret; `key` ends a word, as in `api-key`, and not `keyspace`. */
const SECRET_NAMES = /pass(word|wd|phrase)|secret|token|credential|keys?($|[_.-])/i;

/**
 * True if the value of an option is a secret, which no history shows. The formula says so by `secret:` of the option;
 * if it says nothing, the name decides.
 */
export function isSecretOption(name: string, option: Pick<ConfigOption, 'secret'> | undefined): boolean {
  return typeof option?.secret === 'boolean' ? option.secret : SECRET_NAMES.test(name);
}
