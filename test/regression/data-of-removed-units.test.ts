import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readUnitHistory } from '../../state/model/history.js';
import { setKeepRemoved } from '../../control/prune/kept.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { sectionOf, textOf } from '../docs/project.js';
import { eventually } from '../eventually.js';

const ONE = 'world:f-1';

describe('the data of a removed unit', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    await world.publish(1, { hooks: { install: 'printf "%1000s" dear >"$ENSEMBLE_DATA_DIR/book"' } });
  });
  afterEach(() => world.close());

  async function started(units = 1): Promise<void> {
    await world.deploy(ONE, units);
    for (let number = 0; number < units; number += 1) await world.untilOn(ONE, `f/${number}`);
  }

  const gone = (unit = 'f/0'): Promise<void> =>
    eventually(async () => assert.equal(await world.coordinator.get(paths.unit(unit)), undefined));

  async function kept(): Promise<readonly string[]> {
    const removed = world.path('machines', 'm0', 'removed');
    return (await readdir(removed).catch(() => [])).map((name) => join(removed, name));
  }

  async function does(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await ensemble(world, ...args);
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  }

  async function machine(): Promise<{ readonly kept?: { readonly units: number; readonly bytes: number } }> {
    return JSON.parse(await does('machines', '--format', 'json')).machines.m0;
  }

  it('is put aside, said in history, status and machines, and goes by a command of its own', async () => {
    await world.agent();
    await started(2);
    await does('remove-unit', 'f/0');
    await gone();
    const [directory = ''] = await kept();
    assert.match(directory, /removed\/f-0-\d{4}-\d\d-\d\dT\d{9}Z-[0-9a-f]{12}$/);
    assert.equal((await readFile(join(directory, 'data', 'book'))).length, 1_000);
    assert.equal(existsSync(world.unitPath('f/0')), false);
    const entry = (await readUnitHistory(world.coordinator, 'f/0')).at(-1);
    assert.ok(JSON.stringify(entry?.details).includes(JSON.stringify(directory)), JSON.stringify(entry));
    assert.match(entry?.message ?? '', /^its directory is kept: \/.*, until \d{4}-/);
    await eventually(async () => {
      const found = (await machine()).kept;
      assert.equal(found?.units, 1);
      assert.ok((found?.bytes ?? 0) > 1_000);
    });
    for (const command of ['status', 'machines'])
      assert.match(
        await does(command),
        /kept of removed units on m0: 1 unit, \d.* KB; it goes at \d{4}-.*Z\n.*ensemble prune --removed --dry-run/,
      );
    assert.equal(JSON.parse(await does('status', '--format', 'json')).machines.m0.kept.units, 1);

    await does('destroy-service', 'f');
    await gone('f/1');
    assert.equal((await kept()).length, 2);
    const named = await does('prune', '--removed', '--dry-run');
    assert.match(named, /^WOULD GO +MACHINE/);
    assert.ok(named.includes(directory), named);
    assert.match(await does('prune', '--removed', 'f/9'), /nothing is kept of f\/9/);
    assert.match(await does('prune', '--removed', 'f/0'), /^GONE.*\nf\/0 +m0/);
    const { removed } = JSON.parse(await does('prune', '--removed', 'm0', '--format', 'json'));
    assert.deepEqual(
      removed.m0.units.map(({ unit }: { unit: string }) => unit),
      ['f/1'],
    );
    assert.deepEqual(await kept(), []);
    await eventually(async () => assert.equal((await machine()).kept, undefined));
  });

  it('is removed at once by --purge, which may be said later, and not kept in an environment that keeps nothing', async () => {
    await world.agent();
    await started(3);
    await does('remove-unit', '--purge', 'f/0');
    await gone();
    assert.deepEqual(await kept(), []);
    await setKeepRemoved(world.coordinator, 0);
    await does('remove-unit', 'f/1');
    await gone('f/1');
    await eventually(async () => assert.deepEqual(await kept(), []));
    await does('remove-unit', '--keep-data', 'f/2');
    await gone('f/2');
    assert.equal((await kept()).length, 1);
    assert.equal((await ensemble(world, 'remove-unit', '--keep-data', '--purge', 'f/9')).code, 2);
  });

  it('is kept for as long as environments.yaml says, once it was bootstrapped with that', async () => {
    const file = world.path('environments.yaml');
    const text = await readFile(file, 'utf8');
    await world.agent();
    await writeFile(file, `${text}    keep-removed: 2d\n`);
    assert.match(await does('bootstrap'), /what removed units leave is kept for 2 days/);
    assert.doesNotMatch(await does('bootstrap'), /2 days/, 'nothing changed');
    await started();
    await does('destroy-service', 'f');
    await gone();
    await eventually(async () => {
      const { kept: found } = JSON.parse(await does('machines', '--format', 'json')).machines.m0;
      const days = (Date.parse(found.until) - Date.now()) / 86_400_000;
      assert.ok(days > 1.9 && days <= 2, `${days} days`);
    });
    await writeFile(file, `${text}    keep-removed: 2\n`);
    const { code, stderr } = await ensemble(world, 'status');
    assert.equal(code, 1);
    assert.match(stderr, /keep-removed.*is no time: write e.g. 7d, 12h or 30m, or 0/);
    await writeFile(file, `${text}    keep-removed: 0\n`);
    const refused = await ensemble(world, 'bootstrap');
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /this would remove what removed units left: 1 unit with .* on m0; nothing was removed\n {2}try: the same command with --yes/,
    );
    assert.match(await does('prune', '--removed', '--dry-run'), /f\/0 +m0/);
    const shorter = await does('bootstrap', '--yes');
    assert.match(shorter, /what removed units leave is not kept/);
    assert.match(shorter, /what removed units left goes now: 1 unit with .* on m0$/m);
    const asked = JSON.parse(await does('history', '--what', 'bootstrap', '--format', 'json'));
    const changes = asked.flatMap((entry: { details?: object }) => entry.details ?? []);
    assert.deepEqual(changes, [
      { keepRemoved: { from: 604_800_000, to: 172_800_000 } },
      { keepRemoved: { from: 172_800_000, to: 0 } },
    ]);
    await eventually(async () => assert.deepEqual(await kept(), []));
  });

  // The table of faults goes through all points of a removal; those of pruning are none of it.
  for (const point of ['kept.move.after'])
    it(`is kept, and for its time, where the agent is killed at ${point}`, async () => {
      await world.agent();
      await started();
      await world.stopAgents();
      await requestRemoval(world.coordinator, ['f/0'], requester);
      const variables = {
        ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
        ENSEMBLE_FAULTS: `${point}=kill`,
      };
      await (await world.agentProcess('m0', { up: false, variables })).ended();
      await world.agentProcess();
      await gone();
      const [directory = '', ...others] = await kept();
      assert.deepEqual(others, []);
      assert.equal((await readFile(join(directory, 'data', 'book'))).length, 1_000);
      const { units } = JSON.parse(await does('prune', '--removed', '--dry-run', '--format', 'json')).removed
        .m0;
      assert.deepEqual([units.length, units[0].directory], [1, directory]);
      assert.ok(Date.parse(units[0].until) > Date.now());
    });

  for (const point of ['kept.mark.after', 'kept.forget.before'])
    it(`goes to its end where the agent is killed at ${point} while it prunes`, async () => {
      await world.agent();
      await started();
      await does('remove-unit', 'f/0');
      await gone();
      await world.stopAgents();
      await setKeepRemoved(world.coordinator, 0);
      const variables = {
        ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
        ENSEMBLE_FAULTS: `${point}=kill`,
      };
      await (await world.agentProcess('m0', { up: false, variables })).ended();
      await world.agentProcess();
      await eventually(async () => {
        assert.deepEqual(await kept(), []);
        assert.deepEqual(await readdir(world.path('machines', 'm0', 'kept')), []);
      });
    });

  it('is named, with the command that removes it, where the disk is full', async () => {
    await world.agent();
    await started(2);
    await does('remove-unit', 'f/0');
    await gone();
    await world.stopAgents();
    await requestRemoval(world.coordinator, ['f/1'], requester);
    const variables = {
      ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
      ENSEMBLE_FAULTS: 'kept.record.before=enospc:always',
    };
    const agent = await world.agentProcess('m0', { variables });
    const { message } = await eventually(async () => {
      const { status } = await world.unit('f/1');
      assert.match(status.message, /kept of removed units/);
      return status;
    });
    const [, command = ''] = /[\d.]+ KB are kept of removed units: ensemble (prune .*)$/.exec(message) ?? [];
    assert.match(await does(...command.split(' ')), /f\/0 +m0/);
    // What was put aside of f/1 without a note went with it.
    await eventually(
      async () => assert.equal(await world.coordinator.get(paths.unit('f/1')), undefined),
      60_000,
    );
    await agent.kill();
    assert.deepEqual(await kept(), []);
  });

  it('goes by the way out of a full disk, with no room for any note', async () => {
    await world.agent();
    await started();
    await does('remove-unit', 'f/0');
    await gone();
    const [directory = ''] = await kept();
    await world.stopAgents();
    await rm(world.path('machines', 'm0', 'kept'), { recursive: true });
    const variables = {
      ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
      ENSEMBLE_FAULTS: 'kept.adopt.before=enospc:always',
    };
    const agent = await world.agentProcess('m0', { variables });
    await eventually(async () => assert.equal((await machine()).kept?.units, 1));
    assert.ok((await does('prune', '--removed')).includes(directory));
    assert.deepEqual(await kept(), []);
    // What keeps all of it from being looked through is the answer.
    await rm(world.path('machines', 'm0', 'kept'), { recursive: true, force: true });
    await writeFile(world.path('machines', 'm0', 'kept'), 'no directory');
    const { code, stderr } = await ensemble(world, 'prune', '--removed');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /warning: what m0 keeps is left: \S+\/kept cannot be used: a part of its path is a file/,
    );
    await agent.kill();
  });

  it('needs attention where less is free than is kept', async () => {
    await world.agent();
    await started();
    await does('remove-unit', 'f/0');
    await gone();
    await eventually(async () => assert.equal((await machine()).kept?.units, 1));
    await world.stopAgents();
    // Its session outlives it for a while.
    await world.coordinator.remove(paths.agent('m0'));
    const node = JSON.parse((await world.coordinator.get(paths.machine('m0')))?.value ?? '');
    const disk = { units: 0, cache: 0, free: 10 };
    await world.coordinator.set(paths.machine('m0'), JSON.stringify({ ...node, disk }));
    const text = await does('status');
    assert.match(text, /NEEDS ATTENTION\nm0: only 10 bytes are free, and .* KB are kept of removed units\n/);
    const [, command = ''] = /next: ensemble (prune --removed m0)\n/.exec(text) ?? [];
    const { code, stderr } = await ensemble(world, ...command.split(' '));
    assert.equal(code, 1);
    assert.match(stderr, /the agent of m0 was stopped at \S+ \S+, so what it keeps stays; start it/);
    await world.agent();
    await does(...command.split(' '));
    assert.deepEqual(await kept(), []);
  });

  it('comes back by the commands that the page for operators gives', async () => {
    await world.agent();
    await started();
    await does('remove-unit', 'f/0');
    await gone();
    const section = sectionOf(textOf('docs/operators.md'), 'The data of removed units');
    const lines = [...section.matchAll(/^ensemble (.*)$/gm)].map(([, line]) => line ?? '');
    assert.equal(lines.length, 3);
    const [find = '', ...others] = lines;
    const [, name = '', directory = ''] =
      /^f\/0 +(\S+) .* (\/\S+)$/m.exec(await does(...find.split(' '))) ?? [];
    for (const line of others) {
      const words = line
        .replaceAll('guestbook/3', 'f/1')
        .replaceAll('guestbook', 'f')
        .replace('MACHINE', name)
        .replace('DIRECTORY', directory);
      const [, before = '', quoted] = /^([^']*)(?:'(.*)')?$/.exec(words) ?? [];
      await does(...before.trim().split(' '), ...(quoted === undefined ? [] : [quoted]));
    }
    assert.equal((await readFile(world.unitPath('f/1', 'data', 'book'))).length, 1_000);
    assert.deepEqual((await world.trace('f/1')).slice(-2), ['run 1', 'run 1'], 'stop, start');
  });

  it('of another life, whose directory the unit never took, is no part of it', async () => {
    await mkdir(world.unitPath('f/0', 'data'), { recursive: true });
    await writeFile(world.unitPath('f/0', 'data', 'book'), 'of another life');
    await writeFile(world.unitPath('f/0', '.incarnation'), '0123456789ab');
    await world.deploy('world:f-7');
    await world.agent();
    await eventually(async () => assert.equal((await world.unit()).unit.machine, 'm0'));
    await does('remove-unit', '--purge', 'f/0');
    await gone();
    const [directory = ''] = await kept();
    assert.match(directory, /-0123456789ab$/);
    assert.equal(await readFile(join(directory, 'data', 'book'), 'utf8'), 'of another life');
  });
});
