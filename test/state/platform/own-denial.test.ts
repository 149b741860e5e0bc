import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainedBySystem, SystemRefused } from '../../../state/platform/system-errors.js';

/** What an owner is told whom the system refuses something of their own. */
describe('a path that is refused to its own owner', () => {
  let root: string;
  const me = process.getuid?.() || 4_123;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'ensemble-own-')));
    mkdirSync(join(root, 'home', 'below'), { recursive: true });
    writeFileSync(join(root, 'home', 'file'), '');
    symlinkSync(join(root, 'home'), join(root, 'link'));
    // Root, which the tests may run as, is bound by no mode: they are another's then.
    for (const path of ['', 'home', 'home/below', 'home/file'])
      chownSync(join(root, path), me, process.getgid?.() ?? 0);
  });
  afterEach(() => {
    for (const path of ['home', 'home/below']) chmodSync(join(root, path), 0o700);
    rmSync(root, { recursive: true });
  });

  /** As the system refuses it, to a user whom modes bind. */
  const told = (path: string, uid: number): readonly (string | undefined)[] => {
    const error = Object.assign(new Error('refused'), {
      code: 'EACCES',
      syscall: 'open',
      path: join(root, path),
    });
    const said = explainedBySystem(error, undefined, { uid, gids: [] });
    assert.ok(said instanceof SystemRefused);
    return [said.reason.replaceAll(root, ''), said.next?.replaceAll(root, '')];
  };
  const foreign = ['permission denied', 'run it as the user who owns that, or choose another place'];

  const rows = [
    ['home', 0o000, 'home/file', 'chmod u+rwx /home'],
    ['home', 0o600, 'home/none/at/all', 'chmod u+rwx /home'],
    ['home', 0o500, 'home/new', 'chmod u+rwx /home'],
    ['home', 0o000, 'link/file', 'chmod u+rwx /home'],
    ['home/below', 0o400, 'home/below/x', 'chmod u+rwx /home/below'],
    ['home/file', 0o200, 'home/file', 'chmod u+rw /home/file'],
    ['home/file', 0o400, 'home/file', 'chmod u+rw /home/file'],
  ] as const;
  for (const [closed, mode, asked, next] of rows)
    it(`is told with the mode that refuses it: ${asked}, where ${closed} has mode ${mode.toString(8)}`, () => {
      chmodSync(join(root, closed), mode);
      assert.deepEqual(told(asked, me), [
        `permission denied: /${closed} is this user’s own and has mode ${mode.toString(8).padStart(4, '0')}`,
        next,
      ]);
    });

  it('is another matter where it is another user’s', () => {
    chmodSync(join(root, 'home'), 0o700);
    assert.deepEqual(told('home/file', me + 1), foreign);
  });
});
