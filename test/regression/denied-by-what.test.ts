import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage } from '../../state/storage/open.js';
import { makeContent } from '../state/storage/content.js';
import { runModule } from '../state/storage/process.js';

/** The user that no file belongs to; root may become it, and anybody else is refused by modes as they are. */
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** What is told of a directory storage whose modes refuse its user, as that user meets it. */
describe('a directory storage that refuses', () => {
  let work: string;
  let root: string;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'ensemble-denied-'));
    await chmod(work, 0o755);
    root = join(work, 'storage');
  });
  afterEach(async () => {
    execFileSync('chmod', ['-R', 'u+rwx', work]);
    await rm(work, { recursive: true, force: true });
  });

  /**
   * Does a thing as a user whom modes bind, then what `next` says as a shell takes it, then the thing again.
   * @returns lines: the reason, what is to be done, and how the second try ended
   */
  async function tried(deed: string, remedy = 'sh'): Promise<readonly string[]> {
    const become = isRoot
      ? `process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});`
      : '';
    const { ended } = runModule(
      // Opened first: the user may not be able to enter the directory that the code is in.
      `const storage = await openStorage(${JSON.stringify(`file:${root}`)});
       const { execFileSync } = await import('node:child_process');
       process.chdir('/'); ${become}
       const error = await ${deed}.then(() => ({ message: 'nothing is refused' }), (thrown) => thrown);
       console.log(error.code + ' ' + error.message.replace(/^.*?: (?!\\/)/, '') + '\\n' + error.next);
       if (${JSON.stringify(remedy)} === 'sh') execFileSync('sh', ['-c', error.next]);
       console.log(await ${deed}.then(() => 'done', (again) => again.message));
       storage.close();`,
      { PATH: process.env.PATH },
    );
    const { stdout, stderr } = await ended;
    assert.equal(stderr, '');
    return stdout.trimEnd().split('\n');
  }

  async function own(...paths: readonly string[]): Promise<void> {
    if (isRoot) for (const path of paths) await chown(path, NOBODY, NOBODY);
  }

  /** A stored object, all of it the user’s. */
  async function stored(): Promise<{ readonly key: string; readonly file: string }> {
    const { key, file } = await makeContent(work, 'one', 10);
    const storage = await openStorage(`file:${root}`);
    await storage.put(key, file);
    storage.close();
    await own(root, join(root, 'bundles'), join(root, '.unfinished'), join(root, key), file);
    return { key, file };
  }

  const me = isRoot ? 'nobody' : execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
  const rows = [
    { what: 'the storage itself', mode: 0o000, at: '', right: 'enter', deed: 'size' },
    {
      what: 'the storage, to be listed and read only',
      mode: 0o500,
      at: '.unfinished',
      right: 'write in',
      deed: 'put',
    },
    { what: 'where its bundles are', mode: 0o600, at: 'bundles', right: 'enter', deed: 'read' },
    {
      what: 'where its bundles are, to be written',
      mode: 0o500,
      at: 'bundles',
      right: 'write in',
      deed: 'put',
    },
    {
      what: 'where its bundles are, to be removed from',
      mode: 0o500,
      at: 'bundles',
      right: 'write in',
      deed: 'remove',
    },
  ] as const;
  for (const { what, mode, at, right, deed } of rows)
    it(`its own owner: ${what}; the command that it names lets it in`, async () => {
      const { key, file } = await stored();
      const denying = join(root, at);
      await chmod(denying, mode);
      const shown = mode.toString(8).padStart(4, '0');
      const other = JSON.stringify('bundles/other');
      const call = {
        size: `storage.size(${JSON.stringify(key)})`,
        read: `storage.read(${JSON.stringify(key)})`,
        put: `storage.put(${other}, ${JSON.stringify(file)})`,
        remove: `storage.remove(${JSON.stringify(key)})`,
      }[deed];
      assert.deepEqual(await tried(call), [
        `storage-access-denied ${me} may not ${right} ${denying}, which is ${me}’s own and has mode ${shown}`,
        `chmod u+rwx ${denying}`,
        'done',
      ]);
    });

  it('its own owner one object', async () => {
    const { key } = await stored();
    await chmod(join(root, key), 0o000);
    assert.deepEqual(await tried(`storage.read(${JSON.stringify(key)})`), [
      `storage-access-denied ${me} may not read ${root}/${key}, which is ${me}’s own and has mode 0000`,
      `chmod u+r ${root}/${key}`,
      'done',
    ]);
  });

  it('is told as where its link leads', async () => {
    const { key } = await stored();
    const real = join(work, 'real');
    execFileSync('mv', [root, real]);
    await symlink(real, root);
    await chmod(real, 0o000);
    const [reason, next, then] = await tried(`storage.size(${JSON.stringify(key)})`);
    assert.equal(
      reason,
      `storage-access-denied ${me} may not enter ${real}, which is ${me}’s own and has mode 0000`,
    );
    assert.deepEqual([next, then], [`chmod u+rwx ${real}`, 'done']);
  });

  it('another user’s, whom it names, with what root may do', async function () {
    // Only root may make another user's.
    if (!isRoot) this.skip();
    const { key } = await stored();
    await chown(root, 1, 1);
    await chmod(root, 0o700);
    const [reason, next] = await tried(`storage.size(${JSON.stringify(key)})`, 'none');
    const owner = execFileSync('id', ['-un', '1'], { encoding: 'utf8' }).trim();
    assert.equal(
      reason,
      `storage-access-denied nobody may not enter ${root}, which is ${owner}’s and has mode 0700`,
    );
    assert.equal(
      next,
      `run the command, or the agent, as ${owner}; or let nobody in, as root: chown -R nobody ${root}`,
    );
    execFileSync('sh', ['-c', next.split('as root: ')[1] ?? '']);
    assert.deepEqual(await tried(`storage.size(${JSON.stringify(key)})`, 'none'), [
      'undefined nothing is refused',
      'undefined',
      'done',
    ]);
  });

  it('above it, in a directory that others need too', async function () {
    if (!isRoot) this.skip();
    const above = join(work, 'above');
    await mkdir(above, { mode: 0o700 });
    root = join(above, 'storage');
    const { key } = await stored();
    const [reason, next] = await tried(`storage.size(${JSON.stringify(key)})`, 'none');
    assert.equal(
      reason,
      `storage-access-denied nobody may not enter ${above}, which is root’s and has mode 0700`,
    );
    assert.equal(
      next,
      `run the command, or the agent, as root; or let nobody in, as root: chmod o+x ${above}`,
    );
    execFileSync('sh', ['-c', next.split('as root: ')[1] ?? '']);
    const [, , then] = await tried(`storage.size(${JSON.stringify(key)})`, 'none');
    assert.equal(then, 'done');
  });
});
