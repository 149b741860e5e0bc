import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Keys } from '../state/formula/trust/keys.js';
import { eventually } from '../eventually.js';
import { ensembleProgram } from '../programs.js';
import { filesOf, WebServer } from '../servers/web-server.js';
import { useSandbox } from './sandbox.js';

describe('ensemble index --sign', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let keys: Keys;
  beforeEach(() => {
    keys = new Keys();
  });
  afterEach(() => keys.close());
  const file = (name: string): string => join(world.box.repository, name);
  const document = async () => JSON.parse(await readFile(file('index.json'), 'utf8'));
  const signatureOf = async (revision: number): Promise<string> =>
    (await document()).formulas.pulse.find((each: { revision: number }) => each.revision === revision)
      .signature;

  it('signs the index and its formulas, as ssh-keygen verifies, and keeps what authors signed', async () => {
    const author = keys.make('author', '-t ecdsa');
    const maintainer = keys.make('maintainer');
    const signers = keys.signers(
      `author ${keys.publicKey(author)}`,
      `maintainer ${keys.publicKey(maintainer)}`,
    );
    const own = await world.box.formula('pulse', 1);
    const other = await world.box.formula('pulse', 2);
    await world.box.ok('sign', '--key', author, own);
    await world.box.ok('index', '--sign', maintainer, 'principia');
    const statements = await Promise.all(
      [own, other].map(async (directory) => (await world.box.ok('sign', '--print', directory)).stdout),
    );
    for (const [index, principal] of (['author', 'maintainer'] as const).entries()) {
      const signature = await signatureOf(index + 1);
      assert.ok(keys.verifies(signers, statements[index] ?? '', signature, { principal }), principal);
    }
    const verified = async (): Promise<boolean> =>
      keys.verifies(
        signers,
        await readFile(file('index.json')),
        await readFile(file('index.json.sig'), 'utf8'),
        { principal: 'maintainer' },
      );
    assert.ok(await verified());
    const before = [
      await readFile(file('index.json'), 'utf8'),
      await readFile(file('index.json.sig'), 'utf8'),
    ];
    await world.box.ok('index', '--sign', maintainer, 'principia');
    assert.deepEqual(
      [await readFile(file('index.json'), 'utf8'), await readFile(file('index.json.sig'), 'utf8')],
      before,
      'the same is not signed again',
    );
    await rm(file('index.json.sig'));
    await world.box.ok('index', '--sign', maintainer, 'principia');
    assert.ok(await verified(), 'a signature that is missing is made');
  });

  it('keeps the signature of a formula that did not change, also where a key signs differently each time', async () => {
    const key = keys.make('ecdsa', '-t ecdsa');
    await world.box.formula('pulse', 1);
    await world.box.ok('index', '--sign', key, 'principia');
    const first = await signatureOf(1);
    await world.box.formula('pulse', 2);
    await world.box.ok('index', '--sign', key, '--serial', '7', '--expires', '24h', 'principia');
    assert.equal(await signatureOf(1), first);
    const { serial, expires } = await document();
    assert.equal(serial, 7);
    assert.ok(Date.parse(expires) > Date.now() + 23 * 3_600_000);
    const another = keys.make('another');
    await world.box.ok('index', '--sign', another, 'principia');
    assert.notEqual(await signatureOf(1), first, 'another key takes its place');
    assert.equal((await document()).serial, 8);
  });

  it('warns where an index that was signed is not any more, and refuses what was changed after it was signed', async () => {
    const key = keys.make('author');
    const directory = await world.box.formula('pulse', 1);
    await world.box.ok('sign', '--key', key, directory);
    await world.box.ok('index', '--sign', key, 'principia');
    await world.box.formula('pulse', 2);
    const { stderr } = await world.box.ok('index', 'principia');
    assert.match(
      stderr,
      /the index is not signed any more, as it changed; sign it with: ensemble index --sign KEY principia/,
    );
    await assert.rejects(readFile(file('index.json.sig')), { code: 'ENOENT' });
    await world.box.ok(...`index --sign ${key} principia`.split(' '));
    await readFile(file('index.json.sig'));
    const changed = await world.box.formula('pulse', 3);
    await world.box.ok('sign', '--key', key, changed);
    await world.box.file('principia/pulse-3/more', 'x');
    const refused = await world.box.run('index', 'principia');
    assert.match(refused.stderr, /pulse-3 is not what its signature/);
  });
});

describe('ensemble sign', function () {
  this.timeout(120_000);
  const world = useSandbox();

  it('signs with a key that ssh-agent has, and says so of a passphrase that nobody can be asked for', async () => {
    const keys = new Keys();
    let agent: ChildProcess | undefined;
    try {
      const key = keys.make('plain');
      const closed = keys.path('closed');
      execFileSync('cp', ['-p', key, closed]);
      execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'a long passphrase', '-f', closed]);
      const directory = await world.box.formula('pulse', 1);
      // Of a session of its own, so that there is no terminal to ask on.
      const alone = spawnSync(
        'setsid',
        ['-w', process.execPath, ensembleProgram, 'sign', '--key', closed, directory],
        {
          cwd: world.box.directory,
          env: { PATH: process.env.PATH, HOME: world.box.directory },
          encoding: 'utf8',
        },
      );
      assert.equal(alone.status, 1, alone.stderr);
      assert.match(alone.stderr, /does not sign: .*passphrase/);
      assert.match(alone.stderr, /load one with a passphrase into ssh-agent before: ssh-add/);

      const SSH_AUTH_SOCK = keys.path('agent.sock');
      agent = spawn('ssh-agent', ['-D', '-a', SSH_AUTH_SOCK], { stdio: 'ignore' });
      await eventually(() =>
        execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK }, stdio: 'ignore' }),
      );
      await rm(key);
      const signed = await world.box.start(['sign', '--key', `${key}.pub`, directory], { SSH_AUTH_SOCK })
        .ended;
      assert.equal(signed.code, 0, signed.stderr);
      const { stdout: statement } = await world.box.ok('sign', '--print', directory);
      const signature = await readFile(join(directory, 'formula.sig'), 'utf8');
      const signers = keys.signers(`author ${keys.publicKey(key)}`);
      assert.ok(keys.verifies(signers, statement, signature));
    } finally {
      agent?.kill();
      keys.close();
    }
  });
});

describe('an environment that trusts some keys', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let keys: Keys;
  let key: string;
  beforeEach(async () => {
    keys = new Keys();
    key = keys.make('author');
    await world.box.bootstrap();
  });
  afterEach(() => keys.close());
  const trust = async (more = ''): Promise<void> => {
    const signers = keys.signers(`author ${keys.publicKey(key)}`);
    await appendFile(join(world.box.home, 'environments.yaml'), `    trust: {signers: ${signers}${more}}\n`);
  };
  const deploy = (place: string, ...more: readonly string[]) =>
    world.box.run('deploy', '-n', '0', '--repository', place, 'pulse', ...more);

  it('takes formulas from git by the signatures that are committed with them', async () => {
    await trust();
    const directory = await world.box.formula('pulse', 1);
    const git = (...words: readonly string[]): void =>
      void execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
        cwd: world.box.repository,
      });
    git('-c', 'init.defaultBranch=main', 'init', '--quiet');
    const commit = (): void => {
      git('add', '--all');
      git('commit', '--quiet', '--message=more');
    };
    commit();
    const place = `git+file:${world.box.repository}`;
    assert.match((await deploy(place)).stderr, /pulse-1 is not signed/);
    await world.box.ok('sign', '--key', key, directory);
    commit();
    assert.equal((await deploy(place)).code, 0);
    // A revision that nobody trusted signed is passed over, with the reason.
    const next = await world.box.formula('pulse', 2);
    await world.box.ok('sign', '--key', keys.make('other'), next);
    commit();
    const { stdout } = await world.box.ok('newer', '--explain', 'pulse');
    assert.match(stdout, /ineligible +not trusted: pulse-2 is signed with the key SHA256:/);
    await cp(join(directory, 'formula.sig'), join(next, 'formula.sig'));
    commit();
    assert.match(
      (await world.box.run('upgrade-formula', '--revision', '2', 'pulse')).stderr,
      /pulse-2 is not what its signature, with a key of author, was made for/,
    );
  });

  it('refuses another bundle under an id that is signed, also where it requires no signature', async () => {
    await trust(', require: false');
    await world.box.formula('pulse', 1);
    await world.box.ok('index', '--sign', key, 'principia');
    const file = join(world.box.repository, 'index.json');
    const document = JSON.parse(await readFile(file, 'utf8'));
    await rm(`${file}.sig`);
    const server = await WebServer.start(filesOf(world.box.directory));
    try {
      const place = `${server.url}principia/`;
      document.formulas.pulse[0].sha256 = 'ab'.repeat(32);
      await writeFile(file, JSON.stringify(document));
      const asked = server.asked.length;
      assert.match((await deploy(place)).stderr, /pulse-1 is not what its signature/);
      assert.ok(
        server.asked.slice(asked).every(({ path }) => !path.includes('bundles')),
        'it is not even fetched',
      );
      delete document.formulas.pulse[0].signature;
      await writeFile(file, JSON.stringify(document));
      assert.match((await deploy(place)).stderr, /it is not the one that the index of its repository names/);
    } finally {
      await server.stop();
    }
  });
});
