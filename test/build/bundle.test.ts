import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The commands as they are installed: `dist/bin`, beside package.json and node_modules. */
describe('the bundled commands', () => {
  let place: string;
  let bin: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'ensemble-bundle-'));
    bin = join(place, 'dist/bin');
    await cp(join(root, 'dist/bin'), bin, { recursive: true });
    await cp(join(root, 'package.json'), join(place, 'package.json'));
    await symlink(join(root, 'node_modules'), join(place, 'node_modules'));
  });
  afterEach(() => rm(place, { recursive: true, force: true, maxRetries: 10 }));

  const node = (...words: readonly string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = { PATH: process.env.PATH, HOME: place, ENSEMBLE_HOME: join(place, 'home') };
      execFile(process.execPath, words, { env }, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, stdout, stderr });
      });
    });
  const run = (command: string, ...args: readonly string[]) => node(join(bin, command), ...args);
  const status = async (): Promise<unknown> => {
    const { code, stdout, stderr } = await run('ensemble.cjs', 'status', '--format', 'json');
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const empty = { environment: 'local', machines: {}, relations: {}, services: {} };

  it('are those package.json names', async () => {
    const { bin: names } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    assert.deepEqual(names, {
      ensemble: './dist/bin/ensemble.cjs',
      'ensemble-agent': './dist/bin/ensemble-agent.js',
      'ensemble-migrate': './dist/bin/ensemble-migrate.cjs',
      'ensemble-watcher': './dist/bin/ensemble-watcher.cjs',
    });
  });

  it('tell the version of package.json', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    for (const command of [
      'ensemble.cjs',
      'ensemble-agent.js',
      'ensemble-migrate.cjs',
      'ensemble-watcher.cjs',
    ])
      assert.deepEqual(await run(command, '--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('work on an environment from the compiled code', async () => {
    assert.equal((await run('ensemble.cjs', 'bootstrap')).code, 0);
    assert.deepEqual(await status(), empty);
  });

  it('run what was compiled, whatever has become of the text beside it', async () => {
    assert.equal((await run('ensemble.cjs', 'bootstrap')).code, 0);
    const text = await readFile(join(bin, 'run.cjs'), 'latin1');
    await writeFile(join(bin, 'run.cjs'), text.replaceAll('no machines;', 'ON MACHINES;'), 'latin1');
    assert.match((await run('ensemble.cjs', 'status')).stdout, /^no machines;/m);
    await rm(join(bin, 'run.cache'));
    assert.match((await run('ensemble.cjs', 'status')).stdout, /^ON MACHINES;/m);
  });

  async function deployAndUpgrade(): Promise<void> {
    const repository = ['--repository', join(root, 'examples/principia'), '--no-wait'];
    for (const words of [
      ['bootstrap'],
      ['deploy', ...repository, 'guestbook-1'],
      ['upgrade-formula', ...repository, 'guestbook'],
    ]) {
      const { code, stderr } = await run('ensemble.cjs', ...words);
      assert.equal(code, 0, stderr);
    }
    const { services } = (await status()) as { services: Record<string, { formula: string }> };
    assert.equal(services.guestbook?.formula, 'principia:guestbook-2');
  }

  it('publish formulas from the compiled code', deployAndUpgrade);

  it('work without the compiled code', async () => {
    for (const name of await readdir(bin)) if (name.endsWith('.cache')) await rm(join(bin, name));
    await deployAndUpgrade();
  });

  it('work where the compiled code is not for this Node, or is cut off', async () => {
    assert.equal((await run('ensemble.cjs', 'bootstrap')).code, 0);
    await truncate(join(bin, 'run.cache'), 1_000);
    assert.deepEqual(await status(), empty);
    await writeFile(join(bin, 'run.cache'), 'compiled by something else');
    assert.deepEqual(await status(), empty);
    await truncate(join(bin, 'agent.cache'), 1_000);
    assert.match((await run('ensemble-agent.js', '--help')).stdout, /^Usage: ensemble-agent /);
  });

  it('run the compiled agent, whatever has become of the text beside it', async () => {
    const text = await readFile(join(bin, 'agent.cjs'), 'latin1');
    await writeFile(join(bin, 'agent.cjs'), text.replaceAll('Hosts the units', 'HOSTS THE UNITS'), 'latin1');
    assert.match((await run('ensemble-agent.js', '--help')).stdout, /^Hosts the units /m);
    await rm(join(bin, 'agent.cache'));
    assert.match((await run('ensemble-agent.js', '--help')).stdout, /^HOSTS THE UNITS /m);
  });

  it('work where npm installed native code that fits, but not for this very Node', async () => {
    const modules = join(place, 'node_modules');
    await rm(modules);
    await mkdir(modules);
    for (const name of await readdir(join(root, 'node_modules')))
      if (!/^@(lmdb|msgpackr-extract)$/.test(name))
        await symlink(join(root, 'node_modules', name), join(modules, name));
    assert.equal((await run('ensemble.cjs', 'bootstrap')).code, 0);
    assert.deepEqual(await status(), empty);
  });

  it('load no slow part of Node for a status', async () => {
    assert.equal((await run('ensemble.cjs', 'bootstrap')).code, 0);
    const tell = join(place, 'tell.cjs');
    await writeFile(
      tell,
      "process.on('exit', () => require('fs').writeSync(2, process.moduleLoadList.join('\\n')));",
    );
    const { stderr } = await node('--require', tell, join(bin, 'ensemble.cjs'), 'status');
    const loaded = stderr.split('\n');
    assert.ok(loaded.includes('NativeModule fs'));
    for (const part of [
      'child_process',
      'crypto',
      'internal/fs/promises',
      'internal/fs/streams',
      'net',
      'stream',
    ])
      assert.ok(!loaded.includes(`NativeModule ${part}`), part);
  });

  it('name the sources in the stacks of --debug', async () => {
    const { code, stderr } = await run('ensemble.cjs', '--debug', 'status');
    assert.equal(code, 1);
    assert.match(stderr, /^NoEnvironments: .*\n +at .*state\/environments\/environments-file\.ts:\d+/m);
  });

  it('show no stack and no warning otherwise', async () => {
    const { stderr } = await run('ensemble.cjs', 'status');
    assert.match(stderr, /^ensemble: there are no environments yet: .*\n {2}try: ensemble bootstrap\n$/);
  });
});
