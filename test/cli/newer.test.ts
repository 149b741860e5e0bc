import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('ensemble newer', () => {
  const world = useSandbox();

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 9, { config: 'options:\n  title: {type: string}\n' });
    const agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
    await agent.start('guestbook/0', 'principia:guestbook-9');
  });

  const option = 'options:\n  title: {type: string}\n';
  /** A revision that breaks nothing. */
  const fitting = (revision: number, metadata = ''): Promise<string> =>
    world.box.formula('guestbook', revision, { config: option, metadata });
  const json = async (...args: string[]) =>
    JSON.parse((await world.box.ok('newer', '--format', 'json', ...args)).stdout);
  const exit = async (): Promise<number | null> => (await world.box.run('newer', '--exit-code')).code;

  it('shows what is newer, why, and what else there is with --explain', async () => {
    await fitting(10, 'release: {urgent: security}\n');
    await world.box.formula('guestbook', 11);
    await fitting(12, 'release: {prerelease: true}\n');
    const { stdout, stderr } = await world.box.ok('newer');
    assert.equal(stderr, '');
    assert.equal(
      stdout,
      `SERVICE    DEPLOYED  NEWER  CLASS               WHY
guestbook  9         11     questionable        option title is removed, not set
                     10     eligible, SECURITY  of line 1, as deployed; nothing that the service has is gone or changed

to see what 11 would change: ensemble upgrade-formula --dry-run --revision 11 guestbook
to take 10: ensemble upgrade-formula --revision 10 guestbook
`,
    );
    const { stdout: explained } = await world.box.ok('newer', '--explain', 'guestbook');
    assert.match(explained, /^guestbook {2}9 +12 +ineligible +a prerelease$/m);
    assert.deepEqual(await json(), {
      guestbook: {
        deployed: 9,
        known: true,
        eligible: 10,
        questionable: 11,
        urgent: 10,
        candidates: [
          { revision: 12, class: 'ineligible', reasons: ['a prerelease'], urgent: null },
          {
            revision: 11,
            class: 'questionable',
            reasons: ['option title is removed, not set'],
            urgent: null,
          },
          {
            revision: 10,
            class: 'eligible',
            reasons: ['of line 1, as deployed; nothing that the service has is gone or changed'],
            urgent: 'security',
          },
        ],
        formula: 'principia:guestbook-9',
        repository: world.box.repository,
      },
    });
  });

  it('exits by what it found, where that is asked for', async () => {
    assert.equal(await exit(), 0);
    await fitting(10, 'release: {prerelease: true}\n');
    assert.equal(await exit(), 0);
    await world.box.formula('guestbook', 11);
    assert.equal(await exit(), 11);
    await fitting(12);
    assert.equal(await exit(), 10);
    await fitting(13, 'release: {urgent: data-loss, line: 2}\n');
    assert.equal(await exit(), 12);
    await rename(world.box.repository, `${world.box.repository}-away`);
    assert.equal(await exit(), 13);
    assert.equal((await world.box.run('newer')).code, 0);
  });

  it('takes what whoever watches the repository wrote a while ago, unless it shall ask or that is outdated', async () => {
    await fitting(10);
    const { guestbook } = await json();
    const path = paths.newer('guestbook');
    const coordinator = await world.box.coordinator();
    const hour = 3_600_000;
    const written = { ...guestbook, eligible: null, questionable: 12, later: true };
    const write = async (age: number, change: object = {}): Promise<void> => {
      const at = new Date(Date.now() - age).toISOString();
      const text = nodeValue({ ...written, at, ...change });
      await ((await coordinator.get(path)) === undefined
        ? coordinator.create(path, text)
        : coordinator.set(path, text));
    };
    await write(23 * hour);
    assert.equal((await json()).guestbook.questionable, 12);
    assert.equal((await json('guestbook')).guestbook.questionable, 12);
    assert.equal((await json('--refresh')).guestbook.eligible, 10);
    const status = async () => JSON.parse((await world.box.ok('status', '--format', 'json')).stdout);
    assert.deepEqual((await status()).services.guestbook.newer, {
      eligible: null,
      questionable: 12,
      urgent: null,
    });
    assert.match((await world.box.ok('status')).stdout, /UNITS +NEWER +REPOSITORY\n.* 12 questionable /);
    for (const [age, change] of [
      [25 * hour, {}],
      [hour, { formula: 'principia:guestbook-8' }],
    ] as const) {
      await write(age, change);
      assert.equal((await json()).guestbook.eligible, 10);
      assert.equal((await status()).services.guestbook.newer, undefined);
    }
    await coordinator.set(path, '{"at": 7}');
    assert.equal((await json()).guestbook.eligible, 10);
    assert.equal((await status()).problems[0].path, path);
  });

  it('never takes a repository that cannot be asked for one that has nothing newer', async () => {
    await rename(world.box.repository, `${world.box.repository}-away`);
    const { guestbook } = await json();
    assert.equal(guestbook.known, false);
    assert.match(guestbook.why, /principia is no repository: it does not exist$/);
    assert.match((await world.box.ok('newer')).stdout, /^guestbook {2}9 +unknown +- +\S.*does not exist$/m);
  });

  it('says so where the formula is no longer in its repository', async () => {
    await rm(join(world.box.repository, 'guestbook-9'), { recursive: true });
    const { guestbook } = await json();
    assert.equal(guestbook.known, false);
    assert.match(guestbook.why, /holds no formula guestbook/);
  });

  it('names what may be newer and cannot be read', async () => {
    const directory = await fitting(10);
    await writeFile(join(directory, 'metadata.yaml'), 'name: guestbook\nrevision: 10\npeers: 3\n');
    const { guestbook } = await json();
    assert.equal(guestbook.eligible, null);
    assert.match(guestbook.problems.join(), /guestbook-10\/metadata\.yaml:3: peers/);
    assert.match((await world.box.ok('newer')).stdout, /guestbook-10\/metadata\.yaml:3: peers/);
  });

  it('names commands that take what it shows', async () => {
    await fitting(10);
    await world.box.formula('guestbook', 11);
    await fitting(12, 'release: {prerelease: true}\n');
    const { stdout } = await world.box.ok('newer');
    const commands = [...stdout.matchAll(/^to .*: ensemble (.*)$/gm)].map(([, words = '']) =>
      words.split(' '),
    );
    assert.equal(commands.length, 2);
    for (const [index, revision] of [11, 10].entries()) {
      const run = await world.box.run(...(commands[index] ?? []), '--no-wait');
      assert.equal(run.code, 0, run.stderr);
      assert.match(`${run.stdout}${run.stderr}`, new RegExp(`guestbook-${revision}\\b`));
    }
    assert.equal((await json()).guestbook.deployed, 10);
  });

  it('agrees with upgrade-formula, which says why it takes no higher one', async () => {
    await fitting(10);
    await world.box.formula('guestbook', 11);
    await fitting(12, 'release: {prerelease: true}\n');
    const compatible = await world.box.ok('upgrade-formula', '--dry-run', '--compatible', 'guestbook');
    assert.match(compatible.stdout, /guestbook-9 -> principia:guestbook-10$/m);
    assert.equal(
      compatible.stderr,
      'revision 12 is not taken for guestbook, as it is ineligible: a prerelease\n' +
        'revision 11 is not taken for guestbook, as it is questionable: option title is removed, not set\n',
    );
    const { stdout } = await world.box.ok('upgrade-formula', '--dry-run', 'guestbook');
    assert.match(stdout, /guestbook-9 -> principia:guestbook-11$/m);
    await world.box.ok('upgrade-formula', '--no-wait', 'guestbook');
    const { stderr } = await world.box.ok(
      'upgrade-formula',
      '--no-wait',
      '--unit',
      'guestbook/0',
      'guestbook',
    );
    assert.match(stderr, /^revision 12 is not taken/);
    const { guestbook } = await json();
    assert.deepEqual([guestbook.deployed, guestbook.eligible], [11, null]);
  });

  it('does not call the formula the newest where a newer one is passed over', async () => {
    await fitting(10, 'release: {prerelease: true}\n');
    await world.box.formula('guestbook', 11, { metadata: 'release: {ensemble: ">=99"}\n' });
    const agent = new FakeAgent(await world.box.coordinator());
    assert.equal((await agent.unit('guestbook/0')).unit.formula, 'principia:guestbook-9');
    const { code, stderr } = await world.box.run('upgrade-formula', 'guestbook');
    assert.equal(code, 0);
    assert.match(stderr, /as it is ineligible: needs Ensemble >=99, and the agent of m0 is \d/);
    assert.match(stderr, /\nguestbook already runs principia:guestbook-9\n$/);
  });

  it('offers the one in between where the service went back from the newest', async () => {
    await fitting(11);
    await world.box.ok('upgrade-formula', '--no-wait', 'guestbook');
    const agent = new FakeAgent(await world.box.coordinator());
    await agent.upgrade('guestbook/0', 'principia:guestbook-11');
    await world.box.ok('revert-formula', '--no-wait', 'guestbook');
    await fitting(10);
    const { guestbook } = await json();
    assert.deepEqual(
      [guestbook.eligible, guestbook.candidates.map(({ reasons }: { reasons: string[] }) => reasons[0])],
      [10, ['the service went back from it', guestbook.candidates[1].reasons[0]]],
    );
    const { stdout } = await world.box.ok('upgrade-formula', '--dry-run', 'guestbook');
    assert.match(stdout, /guestbook-9 -> principia:guestbook-10$/m);
    const forced = await world.box.ok('upgrade-formula', '--dry-run', '--force', 'guestbook');
    assert.match(forced.stdout, /guestbook-9 -> principia:guestbook-11$/m);
  });
});
