import assert from 'node:assert/strict';
import { join } from 'node:path';
import { paths } from '../../state/model/paths.js';
import { commitAll, git } from '../servers/git-server.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('ensemble repository', () => {
  const world = useSandbox();
  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
  });
  const json = async (...args: string[]) =>
    JSON.parse((await world.box.ok(...args, '--format', 'json')).stdout);

  it('is named where there is none', async () => {
    const { stdout } = await world.box.ok('repository', 'list');
    assert.equal(stdout, 'no repositories have names; name one with: ensemble repository add NAME URL\n');
    await world.box.ok('repository', 'add', 'ours', 'principia');
    assert.match((await world.box.ok('repository', 'list')).stdout, /^ours +- +\S+\/principia$/m);
  });

  it('gives a name that ids begin with, and services keep the place when it is gone', async () => {
    const { stderr } = await world.box.ok('repository', 'add', 'ours', 'principia');
    assert.equal(stderr, `ours is ${world.box.repository} from now on\n`);
    await world.box.ok('deploy', '-n', '0', '--repository', 'ours', 'guestbook');
    const { repositories } = await json('repository', 'list');
    assert.equal(repositories.ours.url, world.box.repository);
    assert.deepEqual(repositories.ours.services, ['guestbook']);
    assert.match(repositories.ours.by, /@/);
    await world.box.ok('repository', 'remove', 'ours');
    await world.box.formula('guestbook', 2);
    await world.box.ok('upgrade-formula', 'guestbook');
    const { services } = await json('status');
    assert.deepEqual(
      [services.guestbook.formula, services.guestbook.repository],
      ['ours:guestbook-2', world.box.repository],
    );
    const entries = await json('history', '--what', 'add-repository,remove-repository');
    assert.deepEqual(
      entries.map(({ what, message }: { what: string; message: string }) => [what, message]),
      [
        ['add-repository', `ours: ${world.box.repository}`],
        ['remove-repository', 'ours'],
      ],
    );
  });

  it('tells two repositories of one directory name apart', async () => {
    await world.box.file(
      'other/principia/guestbook/metadata.yaml',
      'name: guestbook\nrevision: 1\nsummary: other\n',
    );
    await world.box.ok('repository', 'add', 'ours', 'principia');
    await world.box.ok('repository', 'add', 'theirs', 'other/principia');
    await world.box.ok('deploy', '-n', '0', '--repository', 'ours', 'guestbook');
    await world.box.ok('deploy', '-n', '0', '--repository', 'theirs', 'guestbook', 'guests');
    const { services } = await json('status');
    assert.deepEqual(
      [services.guestbook.formula, services.guests.formula],
      ['ours:guestbook-1', 'theirs:guestbook-1'],
    );
  });

  it('counts before a directory of that name, which is written with ./', async () => {
    await world.box.file('other/guestbook/metadata.yaml', 'name: guestbook\nrevision: 7\n');
    await world.box.ok('repository', 'add', 'principia', 'other');
    await world.box.ok('deploy', '-n', '0', '--repository', 'principia', 'guestbook');
    await world.box.ok('deploy', '-n', '0', '--repository', './principia', 'guestbook', 'near');
    const { services } = await json('status');
    assert.deepEqual(
      [services.guestbook.formula, services.near.formula],
      ['principia:guestbook-7', 'principia:guestbook-1'],
    );
  });

  it('has one name for one place, and does nothing twice', async () => {
    await world.box.ok('repository', 'add', 'ours', 'principia');
    const again = await world.box.ok('repository', 'add', 'ours', './principia/');
    assert.equal(again.stderr, `ours is ${world.box.repository} already\n`);
    for (const words of [
      ['theirs', 'principia'],
      ['ours', 'home'],
    ]) {
      const { code, stderr } = await world.box.run('repository', 'add', ...words);
      assert.equal(code, 1);
      assert.match(stderr, /the environment knows \S+principia as the repository ours\n/);
    }
  });

  it('has a name for no second place while the formula of a service is called by it', async () => {
    await world.box.file('other/guestbook/metadata.yaml', 'name: guestbook\nrevision: 7\n');
    await world.box.ok('repository', 'add', 'ours', 'principia');
    await world.box.ok('deploy', '-n', '0', '--repository', 'ours', 'guestbook');
    await world.box.ok('repository', 'remove', 'ours');
    const { code, stderr } = await world.box.run('repository', 'add', 'ours', 'other');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /ours cannot be the name of \S+other: the formula of the service guestbook is called/,
    );
    await world.box.ok('repository', 'add', 'ours', 'principia');
    await world.box.ok('repository', 'remove', 'ours');
    await world.box.ok('destroy-service', 'guestbook');
    await world.box.ok('repository', 'add', 'ours', 'other');
  });

  it('names only what answers, and is refused with wrong words', async () => {
    const away = await world.box.run('repository', 'add', 'ours', 'nowhere');
    assert.match(away.stderr, /nowhere is no repository: it does not exist/);
    for (const [words, said] of [
      [['add', 'ours'], /add takes a name and a URL or directory/],
      [['list', 'ours'], /list takes nothing more/],
      [['remove'], /remove takes a name/],
      [['add', 'Ours', 'principia'], /the name of a repository must be lower-case/],
      [['rename', 'ours'], /list, add, remove, show/],
    ] as const) {
      const { code, stderr } = await world.box.run('repository', ...words);
      assert.equal(code, 2, stderr);
      assert.match(stderr, said);
    }
    for (const action of ['remove', 'show'])
      assert.match((await world.box.run('repository', action, 'ours')).stderr, /no repository called ours/);
  });

  it('works in an environment that was made before repositories had names', async () => {
    const coordinator = await world.box.coordinator();
    await coordinator.remove(paths.repositories);
    assert.match((await world.box.ok('repository', 'list')).stdout, /^no repositories have names/);
    await world.box.ok('deploy', '-n', '0', '--repository', 'principia', 'guestbook');
    await world.box.ok('repository', 'add', 'ours', 'principia');
    assert.match(
      (await world.box.ok('repository', 'show', 'ours')).stdout,
      /^services from there: guestbook$/m,
    );
  });

  it('shows the formulas of a place with all their revisions', async () => {
    await world.box.formula('guestbook', 10, {
      metadata: 'release: {line: 2, urgent: security, ensemble: ">=0.1"}\n',
    });
    await world.box.formula('guestbook', 9, { metadata: 'release: {prerelease: true}\n' });
    const { stdout } = await world.box.ok('formulas', 'principia');
    assert.equal(
      stdout,
      `FORMULA    REVISION  RELEASE                        SUMMARY
guestbook  10        line 2, SECURITY, needs >=0.1  a test
           9         line 1, prerelease             a test
           1         line 1                         a test
`,
    );
    const { formulas } = await json('formulas', 'principia');
    assert.deepEqual(
      formulas.guestbook.map(({ revision }: { revision: number }) => revision),
      [10, 9, 1],
    );
    assert.match((await world.box.run('formulas')).stderr, /name a repository, or set ENSEMBLE_REPOSITORY/);
  });

  it('may be in git: deployed from there, found newer there, upgraded from there', async () => {
    await commitAll(world.box.repository);
    const place = `git+file:${world.box.repository}`;
    await world.box.ok('repository', 'add', 'ours', place);
    const agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
    await world.box.ok('deploy', '--no-wait', '--repository', 'ours', 'guestbook');
    await agent.start('guestbook/0', 'ours:guestbook-1');
    await world.box.formula('guestbook', 2);
    await commitAll(world.box.repository);
    await git(world.box.repository, 'tag', 'guestbook-2');
    assert.match((await world.box.ok('newer')).stdout, /^guestbook +1 +2 +eligible/m);
    const { stderr } = await world.box.ok('upgrade-formula', '--no-wait', 'guestbook');
    assert.match(stderr, /^published ours:guestbook-2\n/);
    const { services } = await json('status');
    assert.equal(services.guestbook.repository, `git+file://${join(world.box.repository)}`);
  });
});
