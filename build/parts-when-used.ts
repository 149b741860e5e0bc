import { createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** Each export is taken from the whole part when it is first used. */
const whole = (part: string): string => `
  for (const name of ${JSON.stringify(Object.keys(require(part) as object))})
    Object.defineProperty(exports, name, { enumerable: true, get: () => require('${part}')[name] });`;

/**
 * Node's own promises load what reads lines from terminals, and what watches directories. Here they are made of the
 * functions with callbacks, but for those that give or take something else.
 */
const promises = (part: string): string => `
  const fs = require('node:fs');
  const { promisify } = require('node:util');
  for (const name of ${JSON.stringify(Object.keys(require(part) as object))}) {
    let made;
    const make = () => {
      if (/^(constants|glob|open|watch)$/.test(name)) return require('${part}')[name];
      return promisify(name === 'realpath' ? fs.realpath.native : fs[name]);
    };
    Object.defineProperty(exports, name, { enumerable: true, get: () => (made ??= make()) });
  }`;

/** What makes errors of assertions that do not hold loads colours, and with them a stream for stderr. */
const assertion = (part: string): string => `
  module.exports = (value, message) => {
    if (!value) require('${part}')(value, message);
  };`;

/** Parts of Node that take milliseconds to load, and that many a command does without: loaded when first used. */
export const partsWhenUsed: Plugin = {
  name: 'parts-when-used',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^(node:)?(assert|child_process|crypto|fs\/promises|os)$/ }, ({ namespace, path }) =>
      namespace === 'parts-when-used' ? undefined : { path, namespace: 'parts-when-used' },
    );
    onLoad({ filter: /./, namespace: 'parts-when-used' }, ({ path }) => {
      const make = path.endsWith('assert') ? assertion : path.endsWith('fs/promises') ? promises : whole;
      return { contents: make(path) };
    });
  },
};
