import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf, WebServer } from '../servers/web-server.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('ensemble index', () => {
  const world = useSandbox();
  const document = async () => JSON.parse(await readFile(join(world.box.repository, 'index.json'), 'utf8'));

  it('writes an index with the bundles, and writes it again only where something changed', async () => {
    await world.box.formula('guestbook', 9);
    await world.box.formula('guestbook', 10, { metadata: 'release: {line: 2}\n' });
    const { stdout, stderr } = await world.box.ok('index', 'principia');
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      `added principia:guestbook-9\nadded principia:guestbook-10\n${world.box.repository}/index.json is written: serial 1, 2 revisions of 1 formula\n`,
    );
    const written = await document();
    assert.deepEqual([written.schema, written.serial], [1, 1]);
    assert.deepEqual(
      written.formulas.guestbook.map((each: Record<string, unknown>) => [
        each.revision,
        each.url,
        each.release,
      ]),
      [
        [9, 'bundles/guestbook-9.tar.gz', undefined],
        [10, 'bundles/guestbook-10.tar.gz', { line: 2, prerelease: false }],
      ],
    );
    const again = await world.box.ok('index', 'principia');
    assert.match(again.stderr, /index\.json stands as it was: serial 1, 2 revisions of 1 formula\n$/);
    assert.deepEqual(await document(), written);
  });

  it('keeps what was published, and refuses another content under its id', async () => {
    const directory = await world.box.formula('guestbook', 1);
    await world.box.ok('index', 'principia');
    await world.box.file('principia/guestbook-1/more', 'changed');
    const { code, stderr } = await world.box.run('index', 'principia');
    assert.equal(code, 1);
    assert.match(stderr, /principia:guestbook-1 has two different contents/);
    await rm(directory, { recursive: true });
    await world.box.formula('guestbook', 2);
    await world.box.ok('index', 'principia');
    const { serial, formulas } = await document();
    assert.equal(serial, 2);
    assert.deepEqual(
      formulas.guestbook.map(({ revision }: { revision: number }) => revision),
      [1, 2],
    );
  });

  it('names nothing that is not sound, and does not overwrite what is no index', async () => {
    await world.box.formula('guestbook', 1, { metadata: 'peers: 3\n' });
    assert.match((await world.box.run('index', 'principia')).stderr, /metadata\.yaml:4: peers/);
    await world.box.formula('guestbook', 1);
    const file = await world.box.file('principia/index.json', '{"name": "something else"}');
    const { code, stderr } = await world.box.run('index', 'principia');
    assert.equal(code, 1);
    assert.match(stderr, /its index\.json cannot be understood.*\n.*mend or remove \S+index\.json/);
    assert.equal(await readFile(file, 'utf8'), '{"name": "something else"}');
  });

  it('is refused with wrong words', async () => {
    for (const [words, said] of [
      [['--withdraw', 'guestbook'], /Write a formula with its revision, such as mysql-12/],
      [['--reason', 'x'], /--reason says why a revision is withdrawn/],
    ] as const) {
      const { code, stderr } = await world.box.run('index', ...words, 'principia');
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
    await world.box.formula('guestbook', 1);
    const { stderr } = await world.box.run('index', '--withdraw', 'guestbook-7', 'principia');
    assert.match(stderr, /holds no revision 7 of guestbook/);
  });

  describe('on a web server', () => {
    let server: WebServer;
    beforeEach(async () => {
      server = await WebServer.start(filesOf(world.box.repository));
      await world.box.bootstrap();
      await world.box.formula('guestbook', 1);
    });
    afterEach(() => server.stop());
    const place = (): string => `${server.url}`;

    it('is named where a web server shows none', async () => {
      const { code, stderr } = await world.box.run('deploy', '--repository', place(), 'guestbook');
      assert.equal(code, 1);
      assert.match(stderr, /there is no index\.json\n.*ensemble index DIRECTORY/);
      await world.box.ok('index', 'principia');
      await world.box.ok('deploy', '-n', '0', '--repository', place(), 'guestbook');
    });

    it('is a repository that services come from, are upgraded from, and that knows what is newer', async () => {
      await world.box.ok('index', 'principia');
      const agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
      await world.box.ok('deploy', '--no-wait', '--repository', place(), 'guestbook');
      await agent.start('guestbook/0', '127.0.0.1:guestbook-1');
      const status = JSON.parse((await world.box.ok('status', '--format', 'json')).stdout);
      assert.deepEqual(
        [status.services.guestbook.formula, status.services.guestbook.repository],
        ['127.0.0.1:guestbook-1', place()],
      );
      await world.box.formula('guestbook', 2);
      await world.box.formula('guestbook', 3);
      await world.box.ok('index', '--withdraw', 'guestbook-3', '--reason', 'loses entries', 'principia');
      const { stdout } = await world.box.ok('newer', '--explain');
      assert.match(stdout, / 3 +ineligible +withdrawn: loses entries\n/);
      assert.match(stdout, / 2 +eligible /);
      const upgraded = await world.box.ok('upgrade-formula', '--no-wait', 'guestbook');
      assert.match(upgraded.stderr, /^revision 3 is not taken .*: withdrawn: loses entries\n/);
      assert.match(upgraded.stderr, /published 127\.0\.0\.1:guestbook-2\n/);
      const bump = await world.box.run('upgrade-formula', '--bump', 'guestbook');
      assert.match(bump.stderr, /is not on this machine, so its revision cannot be raised/);
    });

    it('is unknown, and never without anything newer, when it does not answer', async () => {
      await world.box.ok('index', 'principia');
      await world.box.ok('deploy', '-n', '0', '--repository', place(), 'guestbook');
      await server.stop();
      const { code, stdout } = await world.box.run('newer', '--exit-code', '--format', 'json');
      assert.equal(code, 13);
      assert.match(JSON.parse(stdout).guestbook.why, /nothing listens there/);
      const { code: failed, stderr } = await world.box.run('upgrade-formula', 'guestbook');
      assert.equal(failed, 1);
      assert.match(stderr, /cannot be asked: nothing listens there\n/);
    });

    it('takes a prerelease only where somebody names it', async () => {
      await world.box.formula('guestbook', 2, { metadata: 'release: {prerelease: true}\n' });
      await world.box.ok('index', 'principia');
      await world.box.ok('deploy', '-n', '0', '--repository', place(), 'guestbook');
      await world.box.ok('deploy', '-n', '0', '--repository', place(), 'guestbook-2', 'next');
      const { services } = JSON.parse((await world.box.ok('status', '--format', 'json')).stdout);
      assert.deepEqual(
        [services.guestbook.formula, services.next.formula],
        ['127.0.0.1:guestbook-1', '127.0.0.1:guestbook-2'],
      );
    });
  });
});
