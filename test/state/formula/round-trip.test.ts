import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import * as fc from 'fast-check';
import { bundleFormula } from '../../../state/formula/bundle.js';
import { extractBundle } from '../../../state/formula/extract.js';
import { bundleManifest } from '../../../state/formula/read-bundle.js';
import { listTree } from '../../../state/formula/tree.js';
import { anyTree } from './trees.js';
import { Workshop } from './workshop.js';

describe('a bundle', () => {
  const workshop = new Workshop();
  const seed = Date.now() % 2 ** 31;

  it(`gives any tree back as it was, and the tree gives the same bundle again (seed ${seed})`, async function () {
    this.timeout(120_000);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(anyTree, async (tree) => {
        const base = `run-${run++}`;
        const source = await workshop.tree(`${base}/source`, tree);
        const bundle = workshop.path(base, 'bundle.tar.gz');
        const digest = await bundleFormula(source, bundle);
        const listed = await listTree(source);
        const out = workshop.path(base, 'out');
        assert.deepEqual(await extractBundle(bundle, out, { durable: false }), listed);
        assert.deepEqual(await listTree(out), listed);
        assert.deepEqual(await bundleManifest(bundle), listed);
        assert.deepEqual(await bundleFormula(out, workshop.path(base, 'again.tar.gz')), digest);
        await rm(workshop.path(base), { recursive: true });
      }),
      { seed, numRuns: 40 },
    );
  });
});
