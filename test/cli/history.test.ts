import assert from 'node:assert/strict';
import { readServiceHistory, recordRequest } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import type { RequestKind } from '../../state/model/history-kinds.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { type Sandbox, useSandbox } from './sandbox.js';

const HOUR = 3_600_000;

interface Row {
  readonly by?: string;
  readonly as?: string;
  readonly what: string;
  readonly message?: string;
}

describe('ensemble history', () => {
  const world = useSandbox();

  /** Puts requests on the record of services, so many hours ago each. */
  async function recorded(
    box: Sandbox,
    ...requests: readonly (readonly [service: string, hoursAgo: number, by: string, what: RequestKind])[]
  ): Promise<void> {
    await box.bootstrap();
    const coordinator = await box.coordinator();
    // It is first on record, and later by its clock than what is put there now.
    await coordinator.remove(paths.environmentHistory);
    for (const [service, hours, by, what] of requests) {
      const requester = { requestedAt: new Date(Date.now() - hours * HOUR).toISOString(), by };
      await recordRequest(coordinator, service, requestEntry(requester, { what, message: `${hours}` }));
    }
  }

  const shown = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await world.box.ok('history', '--format', 'json', ...args);
    const rows: readonly Row[] = JSON.parse(stdout);
    return rows.map(({ message }) => message).join(' ');
  };

  it('tells what changed last night, and by whom, in one command', async () => {
    await recorded(
      world.box,
      ['web', 50, 'ann@m0', 'deploy'],
      ['db', 12, 'bea@m1', 'set'],
      ['web', 10, 'ann@m1', 'upgrade'],
      ['web', 9, 'anna@m1', 'revert'],
      ['db', 1, 'ann@m0', 'expose'],
    );
    assert.equal(await shown(), '50 12 10 9 1');
    assert.equal(await shown('--since', '13h', '--until', '8h'), '12 10 9');
    assert.equal(await shown('--since', '13h', '--until', '8h', 'web'), '10 9');
    assert.equal(await shown('--by', 'ann'), '50 10 1');
    assert.equal(await shown('--by', 'ann@m1'), '10');
    assert.equal(await shown('--by', 'ann*'), '50 10 9 1');
    assert.equal(await shown('--by', '*@m1'), '12 10 9');
    assert.equal(await shown('--what', 'upgrade-formula,set', '--what', 'expose'), '12 10 1');
    assert.equal(await shown('--since', '2d', '--by', 'ann', '-n', '1'), '1');
    const { stdout } = await world.box.ok('history', '--since', '11h', '--until', '8h');
    assert.match(stdout, /^TIME +ON +WHAT .*\n\S+ +web +upgrade +asked .* ann@m1 .*\n\S+ +web +revert .*\n$/);
  });

  it('says how to see all that is on record, where nothing of that is', async () => {
    await recorded(world.box, ['web', 1, 'ann@m0', 'deploy']);
    const { stdout } = await world.box.ok('history', '--by', 'nobody', 'web');
    assert.equal(stdout, 'nothing of that is on record; all that is: ensemble history web\n');
  });

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['--since', 'last night'], /'last night' is invalid\. Write a time like 2h, 3d, 18:00, yesterday, /],
    [['--until', '2026-02-30'], /'2026-02-30' is invalid\. Write a time like .*2026-11-20T18:00Z\./],
    [['--what', 'upgarde'], /"upgarde" is none of abort, add-relation, .*, nor a relation’s hook such as /],
    [['--by', ' '], /Write a name such as ann, or ann@host\./],
    [['--since', '1h', '--until', '2h'], /--since is later than --until/],
  ];
  for (const [args, message] of refused) {
    it(`refuses ${args.join(' ')} and says what to write`, async () => {
      await world.box.bootstrap();
      const { code, stderr } = await world.box.run('history', ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.match(stderr, /^ {2}usage: +ensemble history|usage: ensemble history/m);
    });
  }

  it('knows who came by sudo, whom the operator names, and whatever else the variables hold', async () => {
    const { box } = world;
    await recorded(box, ['web', 1, 'ann@m0', 'deploy']);
    await box.formula('web', 1);
    await box.ok('deploy', '--no-wait', '-n', '0', '--repository', 'principia', 'web');
    const identities = [
      { SUDO_USER: 'ann' },
      { SUDO_USER: 'ann', ENSEMBLE_OPERATOR: 'Bea of ops' },
      { DOAS_USER: 'cid' },
      { ENSEMBLE_OPERATOR: `\u001b[2J${'x'.repeat(100)}\n` },
    ];
    for (const [index, variables] of identities.entries())
      assert.equal(
        (await box.start([index % 2 === 0 ? 'expose' : 'unexpose', 'web'], variables).ended).code,
        0,
      );
    const { stdout } = await box.ok('history', '--format', 'json', '--what', 'expose,unexpose');
    const rows: readonly Row[] = JSON.parse(stdout);
    const host = rows[0]?.by?.split('@').at(-1);
    assert.deepEqual(
      rows.map(({ by }) => by),
      ['ann', 'Bea of ops', 'cid', `[2J${'x'.repeat(61)}…`].map((name) => `${name}@${host}`),
    );
    assert.ok(rows.every(({ as }) => typeof as === 'string' && as !== ''));
  });

  it('completes services and units on record, those that are gone too, kinds and persons', async () => {
    await recorded(world.box, ['web', 2, 'ann@m0', 'deploy'], ['gone', 1, 'bea@m1', 'destroy-service']);
    const names = async (kind: string) => (await world.box.ok('__complete', kind)).stdout;
    assert.equal(await names('recorded'), 'gone\nweb\n');
    assert.equal(await names('persons'), 'ann@m0\nbea@m1\n');
    const script = (await world.box.ok('completion', 'bash')).stdout;
    assert.match(script, /'history --what'\) echo 'words abort add-relation /);
    assert.match(script, /'history --by'\) echo '.*persons'/);
  });

  it('is not lost where many ask at once', async () => {
    const { box } = world;
    await recorded(box, ['web', 1, 'ann@m0', 'deploy']);
    await box.formula('web', 1);
    await box.ok('deploy', '--no-wait', '-n', '0', '--repository', 'principia', 'web');
    const coordinator = await box.coordinator();
    await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        recordRequest(
          coordinator,
          ['web', 'db', 'blog'][index % 3] ?? '',
          requestEntry({ requestedAt: '2026-01-01T00:00:00Z', by: 'x@y' }, { what: 'set' }),
        ),
      ),
    );
    await eventually(async () => {
      const all = await Promise.all(
        ['web', 'db', 'blog'].map((name) => readServiceHistory(coordinator, name)),
      );
      const orders = all.flat().map(({ order }) => order);
      assert.equal(new Set(orders).size, 27);
    });
  });
});
