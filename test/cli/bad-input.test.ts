import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { useSandbox } from './sandbox.js';

describe('bad input', () => {
  const world = useSandbox();

  beforeEach(async () => {
    await world.box.formula('guestbook', 1);
    await world.box.ok('bootstrap');
  });

  /** Runs what must fail with exactly these lines, and nothing on stdout. */
  async function fails(args: readonly string[], code: number, ...lines: readonly string[]): Promise<void> {
    const run = await world.box.run(...args);
    assert.equal(run.stderr, `${lines.join('\n')}\n`);
    assert.equal(run.code, code);
    assert.equal(run.stdout, '');
  }

  for (const args of [
    ['add-unit', 'mysql'],
    ['destroy-service', 'mysql'],
    ['get', 'mysql'],
    ['set', 'mysql', 'a=b'],
    ['status', 'mysql'],
    ['upgrade-formula', 'mysql'],
    ['upgrade-formula', '--dry-run', 'mysql'],
  ]) {
    it(`names the services there are where one is unknown: ${args.join(' ')}`, async () => {
      await world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
      await fails(
        args,
        1,
        'ensemble: service mysql does not exist; there are: guestbook',
        '  try: ensemble status',
      );
    });
  }

  for (const args of [
    ['remove-unit', 'mysql/0'],
    ['resolved', 'mysql/0'],
  ]) {
    it(`refuses an unknown unit: ${args.join(' ')}`, () =>
      fails(args, 1, 'ensemble: unit mysql/0 does not exist', '  try: ensemble status'));
  }

  it('removes none of several units where one is unknown', async () => {
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
    await fails(
      ['remove-unit', 'guestbook/0', 'guestbook/7'],
      1,
      'ensemble: unit guestbook/7 does not exist',
      '  try: ensemble status',
    );
    assert.match((await world.box.ok('status')).stdout, /guestbook\/0/);
  });

  it('refuses an unknown formula, and suggests a close one', () =>
    fails(
      ['deploy', '--repository', 'principia', 'guestbok'],
      1,
      `ensemble: the repository ${world.box.repository} holds no formula guestbok`,
      '  try: did you mean guestbook?',
    ));

  it('refuses an unknown repository', () =>
    fails(
      ['deploy', '--repository', 'nowhere', 'guestbook'],
      1,
      'ensemble: nowhere is no repository: it does not exist',
      '  try: name a directory that holds formulas with --repository',
    ));

  it('refuses an unknown environment', () =>
    fails(
      ['status', '-e', 'staging'],
      1,
      `ensemble: environment staging is not in ${world.box.home}/environments.yaml; there are: local`,
      `  try: add it to ${world.box.home}/environments.yaml, or choose another with -e`,
    ));

  it('names line and field of an environments file that is wrong', async () => {
    await writeFile(
      join(world.box.home, 'environments.yaml'),
      'environments:\n  local:\n    state: 3\n    storage: file:./x\n',
    );
    const { code, stderr } = await world.box.run('status');
    assert.equal(code, 1);
    assert.match(stderr, /environments\.yaml:3: environments\.local\.state: /);
    await writeFile(join(world.box.home, 'environments.yaml'), 'environments: [\n');
    assert.match((await world.box.run('status')).stderr, /environments\.yaml:\d+: /);
  });

  it('says that an environment is not bootstrapped, and how to', async () => {
    await writeFile(
      join(world.box.home, 'environments.yaml'),
      'environments:\n  fresh: {state: "embedded:./fresh", storage: "file:./bundles"}\n',
    );
    await fails(
      ['status'],
      1,
      `ensemble: environment fresh has not been bootstrapped, or its state was moved: there is none in ${join(world.box.home, 'fresh')}`,
      '  try: ensemble bootstrap -e fresh; or, where it was bootstrapped, put its state back there or mount the disk',
    );
  });

  it('names file, line and field of a metadata.yaml that is wrong', async () => {
    const file = await world.box.file(
      'principia/guestbook-1/metadata.yaml',
      'name: guestbook\nrevision: soon\n',
    );
    const { code, stderr } = await world.box.run('deploy', '--repository', 'principia', 'guestbook');
    assert.equal(code, 1);
    assert.ok(stderr.startsWith(`ensemble: ${file}:2: revision: `), stderr);
  });

  it('names a hook that is not executable, and the way to make it so', async () => {
    const hook = join(world.box.repository, 'guestbook-1/hooks/install');
    await chmod(hook, 0o644);
    await fails(
      ['deploy', '--repository', 'principia', 'guestbook'],
      1,
      `ensemble: the hook install is not executable: ${hook}`,
      `  try: chmod +x ${hook}`,
    );
  });

  it('refuses a changed content under a published id', async () => {
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
    await world.box.file('principia/guestbook-1/README', 'changed');
    for (const args of [
      ['deploy', '--repository', 'principia', 'guestbook', 'other'],
      ['upgrade-formula', 'guestbook'],
      ['upgrade-formula', '--dry-run', 'guestbook'],
    ]) {
      const { code, stderr } = await world.box.run(...args);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^ensemble: \S+\/guestbook-1 is not the principia:guestbook-1 that was published: its sha256 is [0-9a-f]{12}…, the published one's [0-9a-f]{12}…\n {2}try: give the changed formula a new revision/,
      );
    }
  });

  it('says within a bounded time which coordinator cannot be reached', async function () {
    this.timeout(120_000);
    const begun = performance.now();
    const { code, stderr } = await world.box.run(
      'status',
      '--state',
      'zookeeper://127.0.0.1:1/ensemble',
      '--storage',
      'file:./x',
    );
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^warning: the coordinator has not answered for 5 s; .*\nensemble: the coordinator zookeeper:\/\/127\.0\.0\.1:1\/ensemble cannot be reached: /,
    );
    assert.ok(performance.now() - begun < 15_000);
  });

  it('says within a bounded time which storage cannot be reached', async function () {
    this.timeout(120_000);
    const begun = performance.now();
    const urls = [
      '--state',
      'embedded:./s',
      '--storage',
      's3://bucket?endpoint=http://127.0.0.1:1&pathStyle=true',
    ];
    const { ended } = world.box.start(['bootstrap', ...urls], {
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_REGION: 'x',
    });
    const { code, stderr } = await ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^ensemble: the storage cannot be reached for s3:\/\/bucket\/\S+: /);
    assert.ok(performance.now() - begun < 20_000);
  });

  it('refuses URLs that are none', async () => {
    const coordinator = await world.box.run('status', '--state', 'etcd://x', '--storage', 'file:./x');
    assert.match(coordinator.stderr, /^ensemble: etcd:\/\/x is no coordinator/);
    const storage = await world.box.run('bootstrap', '--state', 'embedded:./s', '--storage', 'ftp://x');
    assert.match(storage.stderr, /^ensemble: ftp:.* is no storage/);
  });

  it('names path and field of a damaged node', async () => {
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
    const coordinator = await world.box.coordinator();
    await coordinator.set(paths.service('guestbook'), nodeValue({ formula: 7 }));
    const { code, stderr } = await world.box.run('get', 'guestbook');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^ensemble: \/services\/guestbook in the environment's state is damaged at formula: /,
    );
    // What only looks shows the rest.
    for (const scopes of [[], ['guestbook']]) {
      const { stdout } = await world.box.ok('status', ...scopes);
      assert.match(stdout, /\n\ncannot be read, and is left alone:\n {2}\/services\/guestbook: formula: /);
    }
  });

  it('refuses a tree that a newer Ensemble wrote', async () => {
    const coordinator = await world.box.coordinator();
    await coordinator.set(paths.layout, nodeValue({ level: 9, sublevel: 0, minReader: 9 }));
    await fails(
      ['status'],
      78,
      'ensemble: environment local needs an Ensemble that reads layout 9; this one reads 3',
      '  try: install the newer Ensemble',
    );
  });

  it('shows a stack trace with --debug only', async () => {
    assert.doesNotMatch((await world.box.run('get', 'mysql')).stderr, /\n\s+at /);
    assert.match((await world.box.run('get', 'mysql', '--debug')).stderr, /\n\s+at /);
  });
});
