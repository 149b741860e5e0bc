import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { findNewer } from '../../../control/newer/find-newer.js';
import type { Session } from '../../../control/session.js';
import { findUpgrade } from '../../../control/upgrade/find-upgrade.js';
import { parseFormulaId } from '../../../state/formula/formula-id.js';
import { openStorage } from '../../../state/storage/open.js';
import { requester, World } from '../../agent/world.js';

const offered = fc.uniqueArray(
  fc.record({
    revision: fc.integer({ min: 0, max: 30 }),
    line: fc.integer({ min: 0, max: 2 }),
    prerelease: fc.boolean(),
    hasOption: fc.boolean(),
    /** Names of directories, which sort in any order. */
    folder: fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '9'), minLength: 1, maxLength: 4 }),
  }),
  { selector: ({ revision }) => revision, maxLength: 8 },
);

describe('an upgrade', function () {
  this.timeout(120_000);
  let world: World;
  let session: Session;
  before(async () => {
    world = await World.open();
    await world.deploy(
      await world.publish(9, { config: 'options:\n  title: {type: string, default: a}\n' }),
      0,
    );
    session = {
      coordinator: world.coordinator,
      environment: { name: 'world', state: world.state, storage: world.storage },
      storage: () => openStorage(world.storage),
    };
  });
  after(() => world.close());

  const target = async (more: { readonly compatible?: boolean; readonly revision?: number } = {}) => {
    const { target } = await findUpgrade(session, {
      service: 'f',
      force: false,
      revertOnError: false,
      by: requester,
      ...more,
    });
    return parseFormulaId(target.id).revision;
  };

  it('takes exactly what `newer` said of the same repository, whatever that offers and in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(offered, async (set) => {
        await rm(world.path('world'), { recursive: true, force: true });
        // What is deployed is offered too, so that the formula is there.
        const all = [
          ...set.filter(({ revision }) => revision !== 9),
          { revision: 9, line: 1, prerelease: false, hasOption: true, folder: 'x' },
        ];
        for (const { revision, line, prerelease, hasOption, folder } of all) {
          const directory = world.path('world', `${folder}-${revision}`);
          await mkdir(directory, { recursive: true });
          await writeFile(
            `${directory}/metadata.yaml`,
            `name: f\nrevision: ${revision}\nsummary: s\nrelease: {line: ${line}, prerelease: ${prerelease}}\n`,
          );
          if (hasOption)
            await writeFile(`${directory}/config.yaml`, 'options:\n  title: {type: string, default: a}\n');
        }
        const [finding] = await findNewer(session, ['f']);
        assert.ok(finding !== undefined && !('why' in finding.opinion), JSON.stringify(finding));
        const { eligible, questionable, candidates } = finding.opinion;
        assert.deepEqual(
          candidates.map(({ revision }) => revision),
          set
            .map(({ revision }) => revision)
            .filter((revision) => revision > 9)
            .sort((a, b) => b - a),
        );
        assert.equal(await target({ compatible: true }), eligible ?? 9);
        assert.equal(await target(), Math.max(eligible ?? 9, questionable ?? 9));
        // The command that names a revision takes that one.
        for (const { revision } of candidates) assert.equal(await target({ revision }), revision);
      }),
      { numRuns: 60 },
    );
  });
});
