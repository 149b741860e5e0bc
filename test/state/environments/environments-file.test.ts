import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  absoluteUrl,
  loadEnvironment,
  writeFirstEnvironments,
} from '../../../state/environments/environments-file.js';
import { ensembleHome } from '../../../state/environments/home.js';
import {
  EnvironmentNotFound,
  EnvironmentsInvalid,
  NoEnvironments,
} from '../../../state/environments/errors.js';

describe('environments.yaml', () => {
  let home: string;
  let variables: NodeJS.ProcessEnv;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'ensemble-home-'));
    variables = { ENSEMBLE_HOME: home };
  });
  afterEach(() => rm(home, { recursive: true, force: true, maxRetries: 10 }));

  it('is looked for in $ENSEMBLE_HOME, in ~/.ensemble, and where only /etc/ensemble has it, there', async () => {
    const system = join(home, 'etc');
    const own = join(home, '.ensemble');
    await mkdir(system);
    await mkdir(own);
    assert.equal(ensembleHome({ HOME: home }, system), own, 'neither has one');
    await writeFile(join(system, 'environments.yaml'), '');
    assert.equal(ensembleHome({ HOME: home }, system), system);
    assert.equal(ensembleHome({ HOME: home, ENSEMBLE_HOME: own }, system), own, 'it was said');
    await writeFile(join(own, 'environments.yaml'), '');
    assert.equal(ensembleHome({ HOME: home }, system), own);
  });

  const write = (text: string) => writeFile(join(home, 'environments.yaml'), text);
  const fails = async (type: new (...args: never[]) => Error, message: RegExp, name?: string) => {
    await assert.rejects(loadEnvironment(name, variables), (error: Error) => {
      assert.ok(error instanceof type, String(error));
      assert.match(error.message, message);
      return true;
    });
  };

  it('lies in $ENSEMBLE_HOME, or in ~/.ensemble', () => {
    assert.equal(ensembleHome({ ENSEMBLE_HOME: '/srv/ensemble/' }), '/srv/ensemble');
    assert.equal(ensembleHome({}), join(homedir(), '.ensemble'));
    assert.equal(ensembleHome({ ENSEMBLE_HOME: '' }), join(homedir(), '.ensemble'));
  });

  it('is written once, readable by its user alone, and works as written', async () => {
    variables = { ENSEMBLE_HOME: join(home, 'deep/er') };
    assert.equal(await writeFirstEnvironments(variables), true);
    const file = join(home, 'deep/er/environments.yaml');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const text = await readFile(file, 'utf8');
    assert.equal(await writeFirstEnvironments(variables), false);
    assert.equal(await readFile(file, 'utf8'), text);
    assert.deepEqual(await loadEnvironment(undefined, variables), {
      name: 'local',
      state: `embedded:${home}/deep/er/local/state`,
      storage: `file:${home}/deep/er/local/storage`,
    });
  });

  it('says where others reach the machine, by an address or a name', async () => {
    const line = (address: string) =>
      `environments:\n  one:\n    state: embedded:/s\n    storage: file:/f\n    address: ${address}\n`;
    for (const address of ['192.0.2.7', '"2001:db8::7"', 'web1.example.com']) {
      await write(line(address));
      assert.equal((await loadEnvironment('one', variables)).address, address.replaceAll('"', ''));
    }
    for (const address of ['"10.0.0.7 10.0.0.8"', '""', 'http://web1/']) {
      await write(line(address));
      await fails(EnvironmentsInvalid, /address.* is no address: write e\.g\. 192\.0\.2\.7/, 'one');
    }
  });

  it('of several at once, one writes it', async () => {
    const wrote = await Promise.all(Array.from({ length: 8 }, () => writeFirstEnvironments(variables)));
    assert.equal(wrote.filter(Boolean).length, 1);
  });

  it('that is not there says how to begin', async () => {
    await fails(NoEnvironments, /there are no environments yet: .*environments\.yaml does not exist/);
    await assert.rejects(loadEnvironment(undefined, variables), { next: 'ensemble bootstrap' });
  });

  it('gives the environment asked for, else $ENSEMBLE_ENV, else its default, else its only one', async () => {
    const entry = '{state: "embedded:/s", storage: "file:/f"}';
    await write(`default: b\nenvironments:\n  a: ${entry}\n  b: ${entry}\n  c: ${entry}\n`);
    assert.equal((await loadEnvironment('a', { ...variables, ENSEMBLE_ENV: 'c' })).name, 'a');
    assert.equal((await loadEnvironment(undefined, { ...variables, ENSEMBLE_ENV: 'c' })).name, 'c');
    assert.equal((await loadEnvironment(undefined, { ...variables, ENSEMBLE_ENV: '' })).name, 'b');
    await write(`environments:\n  only: ${entry}\n`);
    assert.equal((await loadEnvironment(undefined, variables)).name, 'only');
    await write(`environments:\n  a: ${entry}\n  b: ${entry}\n`);
    await fails(EnvironmentsInvalid, /:1: default: choose one of a, b, here or with -e$/);
  });

  it('names the environments there are where another is asked for', async () => {
    await write('environments:\n  a: {state: "embedded:/s", storage: "file:/f"}\n');
    await fails(EnvironmentNotFound, /environment b is not in .*environments\.yaml; there are: a$/, 'b');
  });

  it('takes relative paths from its own directory, and leaves other URLs alone', () => {
    assert.equal(absoluteUrl('embedded:./local/state', '/home/me'), 'embedded:/home/me/local/state');
    assert.equal(absoluteUrl('file:../x', '/home/me'), 'file:/home/x');
    assert.equal(absoluteUrl('file:/abs', '/home/me'), 'file:/abs');
    assert.equal(absoluteUrl('file:///abs', '/home/me'), 'file:///abs');
    assert.equal(absoluteUrl('zookeeper://a:2181/x', '/home/me'), 'zookeeper://a:2181/x');
    assert.equal(absoluteUrl('s3://bucket/p', '/home/me'), 's3://bucket/p');
  });

  it('gives the secret, also from a file beside it', async () => {
    const entry = 'state: "embedded:/s"\n    storage: "file:/f"';
    await write(`environments:\n  a:\n    ${entry}\n    secret: correct horse\n`);
    assert.equal((await loadEnvironment('a', variables)).secret, 'correct horse');
    await mkdir(join(home, 'keys'));
    await writeFile(join(home, 'keys/a'), 'battery staple\n');
    await chmod(join(home, 'keys/a'), 0o600);
    await write(`environments:\n  a:\n    ${entry}\n    secretFile: keys/a\n`);
    assert.equal((await loadEnvironment('a', variables)).secret, 'battery staple');
    await write(`environments:\n  a:\n    ${entry}\n    secretFile: keys/none\n`);
    await fails(
      EnvironmentsInvalid,
      /environments\.yaml:5: environments\.a\.secretFile: \S+keys\/none cannot be read: ENOENT/,
    );
  });

  it('never repeats a secret in a message', async () => {
    await write('environments:\n  a:\n    state: "embedded:/s"\n    storage: "file:/f"\n    secret: hush\n');
    await assert.rejects(loadEnvironment('a', variables), (error: Error) => {
      assert.match(error.message, /:5: environments\.a\.secret: must have at least 8 characters/);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
  });

  it('refuses a secret file without a secret in it, and one beside a secret, never saying what it is', async () => {
    const entry = 'state: "embedded:/s"\n    storage: "file:/f"';
    await write(`environments:\n  a:\n    ${entry}\n    secretFile: key\n`);
    for (const [text, reason] of [
      ['', 'key is empty; a secret has 8 characters at least$'],
      [' \n\t\n', 'key is empty'],
      ['hush42\n', 'key holds 6 characters; a secret has 8 characters at least$'],
    ] as const) {
      await writeFile(join(home, 'key'), text);
      await fails(EnvironmentsInvalid, new RegExp(`:5: environments\\.a\\.secretFile: \\S+${reason}`));
      await assert.rejects(
        loadEnvironment('a', variables),
        (error: Error) => !error.message.includes('hush'),
      );
    }
    await write(`environments:\n  a:\n    ${entry}\n    secretFile: key\n    secret: battery staple\n`);
    await fails(
      EnvironmentsInvalid,
      /:5: environments\.a\.secretFile: stands beside `secret`; keep one of the two$/,
    );
  });

  it('warns where others may read a secret, and of nothing else', async () => {
    const file = join(home, 'environments.yaml');
    const entry = 'state: "embedded:/s"\n    storage: "file:/f"';
    const warnings = async (): Promise<string> =>
      (await loadEnvironment('a', variables)).warnings?.join() ?? '';
    await write(`environments:\n  a:\n    ${entry}\n`);
    await chmod(file, 0o644);
    assert.equal(await warnings(), '', 'there is no secret in it');
    await write(`environments:\n  a:\n    ${entry}\n    secret: battery staple\n`);
    for (const mode of [0o644, 0o604, 0o602]) {
      await chmod(file, mode);
      assert.match(
        await warnings(),
        /^anybody on this machine may read \S+environments\.yaml, .*chmod o= \S+$/,
      );
    }
    for (const mode of [0o600, 0o640]) {
      await chmod(file, mode);
      assert.equal(await warnings(), '', 'a group may be that of the operators');
    }
    await writeFile(join(home, 'key'), 'battery staple', { mode: 0o644 });
    await write(`environments:\n  a:\n    ${entry}\n    secretFile: key\n`);
    await chmod(join(home, 'key'), 0o644);
    assert.match(await warnings(), /may read \S+key, and with it the secret in it/);
    await chmod(join(home, 'key'), 0o600);
    assert.equal(await warnings(), '');
  });

  for (const [text, message] of [
    ['environments: {}\ndefalt: a\n', /:2: defalt: is no key that there is; did you mean default\?$/],
    [
      'environments:\n  a:\n    state: "embedded:/s"\n    storage: "file:/f"\n    secretfile: key\n',
      /:5: environments\.a\.secretfile: is no key that there is; did you mean secretFile\?$/,
    ],
    [
      'environments:\n  a:\n    state: "embedded:/s"\n    storage: "file:/f"\n    colour: red\n',
      /:5: environments\.a\.colour: .*; there are: state, storage, secret, secretFile, /,
    ],
    [
      'environments:\n  a:\n    state: "embedded:/s"\n    storage: "file:/f"\n    hooks: {timout: 5}\n',
      /:5: environments\.a\.hooks\.timout: .*did you mean timeout\?$/,
    ],
    [
      'environments:\n  a:\n    state: "embedded:/s"\n    storage: "file:/f"\n    hooks: {retry: {attempts: 2, back-off: 1}}\n',
      /environments\.a\.hooks\.retry\.back-off: .*did you mean backoff\?$/,
    ],
  ] as const)
    it(`refuses a key that means nothing: ${message.source}`, async () => {
      await write(text);
      await fails(EnvironmentsInvalid, message);
    });

  for (const [what, text, message] of [
    ['no YAML', 'environments: [\n', /:\d+: /],
    [
      'a key that stands there twice',
      'default: a\ndefault: b\nenvironments: {}\n',
      /:2: default: stands there twice/,
    ],
    ['a list', '- a\n', /:1: /],
    [
      'a state that is a number',
      'environments:\n  a:\n    state: 3\n    storage: x\n',
      /:3: environments\.a\.state: /,
    ],
    ['a storage that is missing', 'environments:\n  a:\n    state: x\n', /:2: environments\.a\.storage: /],
    ...['7w', '-1d', "'7 d'", '7'].map(
      (time) =>
        [
          `keep-removed: ${time}`,
          `environments:\n  a:\n    state: x\n    storage: x\n    keep-removed: ${time}\n`,
          /:5: environments\.a\.keep-removed: is no time: write e\.g\. 7d, 12h or 30m, or 0 to keep nothing/,
        ] as const,
    ),
    [
      'a trust without signers',
      'environments:\n  a:\n    state: x\n    storage: x\n    trust: {require: true}\n',
      /:5: environments\.a\.trust\.signers: /,
    ],
    [
      'a forge of no kind that there is',
      'environments:\n  a:\n    state: x\n    storage: x\n    forges: [{host: h, kind: gitea}]\n',
      /:5: environments\.a\.forges\.0\.kind: must be github or gitlab, not "gitea"/,
    ],
    [
      'a forge whose token others could read',
      'environments:\n  a:\n    state: x\n    storage: x\n    forges: [{host: h, kind: gitlab, api: "http://h/api"}]\n',
      /:5: environments\.a\.forges\.0\.api: is no https: URL/,
    ],
    [
      'a forge with a misspelt key',
      'environments:\n  a:\n    state: x\n    storage: x\n    forges: [{host: h, kind: gitlab, token: hush}]\n',
      /:5: environments\.a\.forges\.0\.token: is no key that there is; there are: host, kind, api, token-file, token-variable/,
    ],
    [
      'a trust with a misspelt key',
      'environments:\n  a:\n    state: x\n    storage: x\n    trust: {signers: s, requires: true}\n',
      /:5: environments\.a\.trust\.requires: is no key that there is; did you mean require/,
    ],
    ['nothing', '', /:1: must be a mapping, not empty/],
  ] as const) {
    it(`with ${what} is refused, naming the line and the field`, async () => {
      await write(text);
      await fails(EnvironmentsInvalid, message);
    });
  }

  it('that is a directory is refused', async () => {
    await mkdir(join(home, 'environments.yaml'));
    await fails(EnvironmentsInvalid, /:1: it is a directory/);
  });

  it('says whom it trusts, by files beside it, and requires a signature unless it says otherwise', async () => {
    const file = (trust: string): string =>
      `environments:\n  e: {state: 'embedded:/s', storage: 'file:/b', trust: ${trust}}\n`;
    await write(file('{signers: signers}'));
    const signers = join(home, 'signers');
    assert.deepEqual((await loadEnvironment('e', variables)).trust, { signers, require: true });
    await write(file('{signers: /a/b, revoked: ../gone, require: false}'));
    assert.deepEqual((await loadEnvironment('e', variables)).trust, {
      signers: '/a/b',
      revoked: join(home, '..', 'gone'),
      require: false,
    });
  });

  it('says how hooks are run where their formula says nothing else, in the words of metadata.yaml', async () => {
    const file = (hooks: string): string =>
      `environments:\n  e: {state: 'embedded:/s', storage: 'file:/b', hooks: ${hooks}}\n`;
    await write(file('{timeout: 600, retry: {attempts: 3}}'));
    assert.deepEqual((await loadEnvironment('e', variables)).hooks, {
      timeout: 600,
      retry: { attempts: 3, backoff: 5 },
    });
    await write(file('{timeout: soon}'));
    await fails(EnvironmentsInvalid, /environments.e.hooks.timeout/, 'e');
  });
});
