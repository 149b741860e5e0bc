import assert from 'node:assert/strict';
import { explainDenial, notADirectory } from '../../../state/storage/denied.js';
import { parseWay, type WayStep } from '../../../state/platform/rights.js';

const [ALICE, BOB, STAFF] = [1000, 1001, 50] as const;
const names: Readonly<Record<number, string>> = { 0: 'root', [ALICE]: 'alice', [BOB]: 'bob' };

const directory = (path: string, mode: number, uid: number, gid = STAFF): WayStep => ({
  path,
  mode: mode | 0o040_000,
  uid,
  gid,
});
const file = (path: string, mode: number, uid: number): WayStep => ({
  path,
  mode: mode | 0o100_000,
  uid,
  gid: STAFF,
});
const top = directory('/', 0o755, 0);

type Who = 'owner' | 'in its group' | 'another';
const asker = (who: Who): { uid: number; gids: readonly number[] } => ({
  uid: who === 'owner' ? ALICE : BOB,
  gids: who === 'in its group' ? [7, STAFF] : [7],
});

/** What is told of the storage /s, which is alice’s, whose mode is this one. */
const told = (who: Who, mode: number, isWritten: boolean): string => {
  const ways = [[top, directory('/s', mode, ALICE)]];
  const { reason, next } = explainDenial('/s', ways, asker(who), isWritten, (uid) => names[uid] ?? `${uid}`);
  return `${reason}; ${next}`;
};

const GIVE = 'or let bob in, as root: chown -R bob /s';
const AS = 'run the command, or the agent, as alice';
const UNKNOWN =
  /^the modes on the way to it deny \w+ nothing, .*; see what does: getfacl \/s; lsattr -d \/s;/;

/** Every combination of who asks, what their three bits allow, what the owner’s do, and what is asked for. */
const combinations = (['owner', 'in its group', 'another'] as const).flatMap((who) =>
  [0, 1, 2, 3, 4, 5, 6, 7].flatMap((own) =>
    (who === 'owner' ? [own] : [0, 7]).flatMap((owners) =>
      [true, false].map((isWritten) => ({ who, own, owners, isWritten })),
    ),
  ),
);

describe('what a directory’s mode denies', () => {
  for (const { who, own, owners, isWritten } of combinations) {
    // The others’ bits are the opposite ones, as the kernel does not look at them.
    const not = 7 - own;
    const mode = {
      owner: (own << 6) | (not << 3) | not,
      'in its group': (owners << 6) | (own << 3) | not,
      another: (owners << 6) | (not << 3) | own,
    }[who];
    const shown = mode.toString(8).padStart(4, '0');
    it(`${isWritten ? 'written to' : 'read'} by ${who}, mode ${shown}`, () => {
      const said = told(who, mode, isWritten);
      const lacks = (own & 1) === 0 ? 'enter' : isWritten && (own & 2) === 0 ? 'write in' : undefined;
      if (lacks === undefined) return assert.match(said, UNKNOWN);
      if (who === 'owner')
        return assert.equal(
          said,
          `alice may not ${lacks} /s, which is alice’s own and has mode ${shown}; chmod u+rwx /s`,
        );
      const way =
        owners === 7 ? `${AS}; ${GIVE}` : `as alice, do chmod u+rwx /s, and ${AS}; ${GIVE}; chmod u+rwx /s`;
      assert.equal(said, `bob may not ${lacks} /s, which is alice’s and has mode ${shown}; ${way}`);
    });
  }

  it('is what modes do not tell, for root', () => {
    const ways = [[top, directory('/s', 0, ALICE)]];
    const { reason, next } = explainDenial('/s', ways, { uid: 0, gids: [0] }, true, () => 'root');
    assert.match(`${reason}; ${next}`, UNKNOWN);
  });

  it('may be above the storage, which is not given away', () => {
    const above = (gids: readonly number[]): string =>
      explainDenial(
        '/home/alice/s',
        [[top, directory('/home', 0o755, 0), directory('/home/alice', 0o700, ALICE)]],
        { uid: BOB, gids },
        false,
        (uid) => names[uid] ?? `${uid}`,
      ).next;
    assert.equal(above([7]), `${AS}; or let bob in, as root: chmod o+x /home/alice`);
    assert.equal(above([STAFF]), `${AS}; or let bob in, as root: chmod g+x /home/alice`);
  });

  it('may be the object itself, or only where uploads are begun', () => {
    const who = { uid: ALICE, gids: [STAFF] };
    const all = directory('/s', 0o755, ALICE);
    const name = (uid: number): string => names[uid] ?? `${uid}`;
    assert.deepEqual(explainDenial('/s', [[top, all, file('/s/k', 0o200, ALICE)]], who, false, name), {
      reason: 'alice may not read /s/k, which is alice’s own and has mode 0200',
      next: 'chmod u+r /s/k',
    });
    assert.deepEqual(
      explainDenial(
        '/s',
        [
          [top, all, directory('/s/.unfinished', 0o755, BOB)],
          [top, all],
        ],
        who,
        true,
        name,
      ),
      {
        reason: 'alice may not write in /s/.unfinished, which is bob’s and has mode 0755',
        next: 'run the command, or the agent, as bob; or let alice in, as root: chown -R alice /s',
      },
    );
  });

  it('is told by number where the user has no name, and quoted for a shell', () => {
    const { reason, next } = explainDenial(
      '/it’s $here',
      [[top, directory('/it’s $here', 0o700, 4_123_456)]],
      { uid: BOB, gids: [] },
      false,
    );
    assert.match(reason, /which is 4123456’s/);
    assert.match(next, /as 4123456; or let 1001 in, as root: chown -R 1001 '\/it’s \$here'$/);
  });
});

describe('the way to a path', () => {
  it('is read as a helper says it', () => {
    assert.deepEqual(parseWay('16877 0 0 /\n16832 1000 50 /a%20b\n'), {
      steps: [
        { path: '/', mode: 16877, uid: 0, gid: 0 },
        { path: '/a b', mode: 16832, uid: 1000, gid: 50 },
      ],
      isWhole: false,
    });
    assert.equal(parseWay('16877 0 0 /\nwhole\n').isWhole, true);
  });

  it('names what stands where a directory should be', () => {
    const pipe = { path: '/s', mode: 0o010_600, uid: 0, gid: 0 };
    assert.equal(notADirectory([top, pipe], '/s/k'), '/s is a named pipe, where a directory should be');
    assert.equal(notADirectory([top, pipe], '/s'), undefined);
    assert.equal(notADirectory([top], '/s/k'), undefined);
  });
});
