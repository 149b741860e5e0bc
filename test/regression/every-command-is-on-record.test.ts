import assert from 'node:assert/strict';
import { commands } from '../../cli/definitions.js';
import type { RequestKind } from '../../state/model/history-kinds.js';
import { paths } from '../../state/model/paths.js';
import { ensemble, operateWith } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** What a command leaves in the history: a kind, on what it stands, and its message; or why it leaves nothing. */
type Leaves =
  | {
      readonly what: RequestKind;
      readonly on: string;
      readonly message?: RegExp;
      /** Where the command itself sees it to its end; default: `asked`. */
      readonly outcome?: 'done';
    }
  | { readonly nothing: string };

const asks = (what: RequestKind, on: string, message?: RegExp): Leaves => ({
  what,
  on,
  ...(message !== undefined && { message }),
});
const shows: Leaves = { nothing: 'it shows, and changes nothing' };

/** Every command there is. A new one needs a row here, and an entry unless it only shows. */
const rows: Readonly<Record<string, Leaves>> = {
  bootstrap: asks('bootstrap', '-'),
  deploy: asks('deploy', 'f', /1 unit/),
  'add-unit': asks('add-unit', 'f', /f\/1/),
  'remove-unit': asks('remove-unit', 'f', /f\/1/),
  'destroy-service': asks('destroy-service', 'f'),
  get: shows,
  set: asks('set', 'f', /title/),
  status: shows,
  'upgrade-formula': asks('upgrade', 'f', /f\/0/),
  'revert-formula': asks('revert', 'f'),
  rollout: asks('rollout', 'f', /^promote: it is fine$/),
  'upgrade-policy': asks('upgrade-policy', 'f', /^stage$/),
  'set-rollout': asks('set-rollout', 'f', /^canary=1$/),
  'hold-upgrade': asks('hold-upgrade', 'f', /^disks$/),
  'unhold-upgrade': asks('unhold-upgrade', 'f', /^held by ann@\S+: disks$/),
  'debug-log': shows,
  history: shows,
  'debug-hooks': asks('debug-hooks', 'f/0', /^start$/),
  run: asks('run', 'f/0', /^exit 3$/),
  'add-relation': asks('add-relation', 'f', /f:out g:in/),
  'remove-relation': asks('remove-relation', 'f', /f:out g:in/),
  resolved: asks('resolved', 'f/0', /retry/),
  abort: asks('abort', 'f/0', /config-changed/),
  newer: shows,
  formulas: shows,
  index: { nothing: 'it writes into a directory of the operator’s own, and knows no environment' },
  sign: { nothing: 'it writes beside a formula of the author’s own, and knows no environment' },
  watcher: asks('pause-watcher', '-', /^the net$/),
  repository: asks('add-repository', '-', /^ours: /),
  expose: asks('expose', 'f'),
  unexpose: asks('unexpose', 'f'),
  machines: shows,
  cordon: asks('cordon', '-', /^m0: disks$/),
  uncordon: asks('uncordon', '-', /^m0$/),
  'remove-machine': asks('remove-machine', '-', /^lost$/),
  prune: { what: 'prune', on: '-', message: /formulas: world:f-1/, outcome: 'done' },
  export: shows,
  import: asks('import', '-', /nodes, exported by/),
  'upgrade-environment': asks(
    'upgrade-environment',
    '-',
    /^layout 1 to 3, with canary, clone, holds, lockstep$/,
  ),
  'destroy-environment': { nothing: 'the history goes with all else' },
  completion: shows,
  __complete: shows,
  '__refresh-notices': shows,
};

/** What commands do besides with an option, which is on record as itself. */
const withOptions: Readonly<Record<string, Leaves>> = {
  'repository remove': asks('remove-repository', '-', /^ours/),
  'watcher resume': asks('resume-watcher', '-', /^paused by ann@/),
  'watcher retry': asks('retry-announcements', '-', /^a1$/),
  'prune --removed': asks('prune', '-', /^kept of removed units, on m0$/),
  'prune --removed UNIT': asks('prune', '-', /^kept of f\/1, on m0$/),
};

interface Row {
  readonly by?: string;
  readonly as?: string;
  readonly what: string;
  readonly outcome: string;
  readonly unit?: string;
  readonly service?: string;
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

describe('every command that asks something', () => {
  it('has a row in the table of what commands leave in the history', () => {
    assert.deepEqual(commands.map(({ name }) => name).sort(), Object.keys(rows).sort());
  });

  it('is on record, with who asked', async function () {
    this.timeout(120_000);
    const world = await World.open({ bootstrapped: false });
    const variables = { ENSEMBLE_OPERATOR: 'ann' };
    const ask = async (...args: readonly string[]): Promise<number | null> => {
      const { code, stderr } = await operateWith(world, variables, ...args).ended;
      assert.ok(code === 0 || args[0] === 'run' || args[0] === 'set', `${args.join(' ')}: ${stderr}`);
      return code;
    };
    const status = async (unit = 'f/0') => (await world.unit(unit)).status;
    try {
      await ask('bootstrap');
      const relation = (role: string, name: string): string => `${role}:\n  ${name}:\n    interface: i\n`;
      const config = 'options:\n  title:\n    type: string\n    default: a\n';
      const hooks = {
        'config-changed':
          '[ "$(config-get title)" != bad ] || exit 1; [ "$(config-get title)" != slow ] || gate slow',
      };
      await world.writeFormula(1, {
        config,
        hooks,
        files: { 'metadata.yaml': `name: f\nrevision: 1\nsummary: x\n${relation('requires', 'out')}` },
      });
      await world.agent();
      const repository = ['--repository', world.path('world')];
      await ask('deploy', ...repository, 'f');
      await ask('add-unit', 'f');
      await ask('remove-unit', 'f/1');
      assert.equal(await ask('run', 'f/0', '--', 'exit 3'), 3);
      await ask('set', 'f', 'title=bad');
      await eventually(async () => assert.equal((await status()).state, 'config-error'));
      await ask('resolved', '--retry', 'f/0');
      // It may follow the unit, which does not come to an end by itself.
      const setting = operateWith(world, variables, 'set', 'f', 'title=slow');
      await eventually(async () => {
        if ((await status()).state === 'config-error') await ask('resolved', '--retry', 'f/0');
        assert.equal((await status()).hook?.name, 'config-changed');
      });
      await ask('abort', 'f/0');
      await world.openGate('slow');
      await setting.ended;
      await eventually(async () => {
        const { state, hook } = await status();
        if (state === 'config-error') await ask('resolved', 'f/0');
        assert.deepEqual([state, hook], ['started', undefined]);
      });
      await ask('repository', 'add', 'ours', world.path('world'));
      await ask('expose', 'f');
      await ask('unexpose', 'f');
      await ask('repository', 'remove', 'ours');
      await ask('watcher', 'pause', '--reason', 'the net');
      await ask('watcher', 'resume');
      await world.coordinator.create(
        paths.watcherDelivery('a1-chat'),
        JSON.stringify({
          sink: 'chat',
          queuedAt: '2026-01-01T00:00:00Z',
          announcement: { id: 'a1', environment: 'world', service: 'f' },
          state: 'dead',
          tries: 9,
        }),
      );
      await ask('watcher', 'retry', 'a1');
      await ask('hold-upgrade', '--reason', 'disks', 'f');
      await ask('unhold-upgrade', 'f');
      await ask('cordon', '--reason', 'disks', 'm0');
      await ask('uncordon', 'm0');
      await world.coordinator.create(paths.machine('lost'), '{"hostname":"lost"}');
      await ask('remove-machine', 'lost');
      const debugging = operateWith(world, variables, 'debug-hooks', 'f/0', 'start');
      await eventually(async () => assert.ok(await world.coordinator.get(paths.debug('f/0'))));
      debugging.process.kill('SIGINT');
      await debugging.ended;
      await world.writeFormula(2, {
        config,
        files: {
          'metadata.yaml': `name: f\nrevision: 2\nsummary: x\n${relation('requires', 'out')}${relation('provides', 'in')}`,
        },
      });
      await ask('deploy', ...repository, '-n', '0', 'f', 'g');
      await ask('add-relation', 'f:out', 'g:in');
      await ask('set-rollout', 'f', 'canary=1');
      await ask('upgrade-policy', 'f', 'stage');
      await ask('upgrade-formula', 'f');
      await ask('rollout', 'promote', '--reason', 'it is fine', 'f');
      await ask('remove-relation', 'f:out', 'g:in');
      await eventually(async () =>
        assert.deepEqual(await world.coordinator.children(paths.serviceRelations('f')), []),
      );
      await ask('revert-formula', 'f');
      await ask('destroy-service', 'f');
      await eventually(async () => assert.equal(await world.coordinator.get(paths.service('f')), undefined));
      await ask('prune', '--keep', '0');
      await ask('prune', '--removed', '--dry-run');
      await ask('prune', '--removed', 'f/1');
      await ask('prune', '--removed');
      const { environment } = JSON.parse((await world.coordinator.get(paths.layout))?.value ?? '');
      const older = JSON.stringify({ level: 1, sublevel: 0, minReader: 1, environment });
      await world.coordinator.set(paths.layout, older);
      await ask('upgrade-environment', '--export', world.path('before'));
      const elsewhere = ['--state', `embedded:${world.path('elsewhere')}`, '--storage', world.storage];
      await ask('export', world.path('export'));
      await ask('import', world.path('export'), ...elsewhere);
      const { stdout } = await ensemble(world, 'history', '--format', 'json', ...elsewhere);
      const all: readonly Row[] = JSON.parse(stdout);
      for (const [command, row] of Object.entries({ ...rows, ...withOptions })) {
        if ('nothing' in row) continue;
        const found = all.filter(
          ({ what, outcome, unit, service = '-', message = '' }) =>
            what === row.what &&
            outcome === (row.outcome ?? 'asked') &&
            (unit ?? service) === row.on &&
            (row.message === undefined || row.message.test(message)),
        );
        assert.ok(found.length > 0, `${command}: ${stdout}`);
        for (const { by = '', as } of found) {
          assert.match(by, /^ann@/, command);
          assert.equal(typeof as, 'string', command);
        }
      }
      const asked = all.filter(({ what }) => what === 'prune');
      assert.equal(asked.length, 3, 'a pruning that only shows leaves nothing');
      const ran = all.find(({ what, outcome }) => what === 'run' && outcome === 'failed');
      assert.match(ran?.by ?? '', /^ann@/);
      assert.equal(ran?.message, 'exit status 3: exit 3');
      assert.deepEqual(ran?.details, { outcome: 'exited', exit: 3, machine: 'm0' });
    } finally {
      await world.close();
    }
  });
});
