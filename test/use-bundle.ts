import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = fileURLToPath(new URL('../', import.meta.url));

/**
 * Makes one program of modules in `dist`, which run in this order, for the suite it is called in. It starts in less than
 * half the time of the modules: for what is put in between parts of a program, which the shipped one is too closed for.
 */
export function useBundle(...modules: readonly string[]): { readonly program: string } {
  // A program reads package.json two folders above it.
  const program = `${dist}bundled/${process.pid}.mjs`;
  before(() =>
    build({
      stdin: { contents: modules.map((each) => `import './${each}';`).join('\n'), resolveDir: dist },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      // With native code, or large.
      external: ['lmdb', 'undici', '@aws-sdk/*', '@viz-js/viz'],
      // Those of npm's packages that are no modules require what they need.
      banner: {
        js: "import { createRequire as _requireFrom } from 'node:module'; const require = _requireFrom(import.meta.url);",
      },
      logLevel: 'warning',
    }),
  );
  after(() => rm(program, { force: true }));
  return { program };
}
