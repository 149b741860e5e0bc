import assert from 'node:assert/strict';
import { access, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { cannotMount, onDisk } from './mounting.js';
import type { Row, Stage } from './stage.js';

const agent = (directory: string, machine = 'm0'): string =>
  `ensemble-agent -e world --machine ${machine} --data-dir ${directory}`;

/** Begins to debug the hooks of `f/0`, and leaves again. */
export const DEBUG =
  'ensemble debug-hooks f/0 >said 2>&1 & debugger=$!; ' +
  'until /usr/bin/grep -q "^waiting for hooks; see them with: tmux" said; do ' +
  'kill -0 $debugger 2>/dev/null || { /bin/cat said >&2; exit 1; }; /bin/sleep 0.1; done; ' +
  'kill -TERM $debugger; wait $debugger';

/** Another program listens where the agent of machine m0 is to. @returns what ends it */
async function listenInItsPlace({ world }: Stage): Promise<() => Promise<void>> {
  const server = createServer();
  await mkdir(world.path('machines', 'm0'), { recursive: true });
  await new Promise<void>((resolve) => server.listen(world.path('machines', 'm0', 'agent.sock'), resolve));
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** What stands in the way of a command or an agent: a program, a file, a node. */
export const obstacleRows: readonly Row[] = [
  {
    code: 'prune-incomplete',
    by: 'prune, when the storage lets it',
    run: async (stage) => {
      const { world } = stage;
      const deploy = `ensemble deploy --repository '${world.path('world')}' -n 0`;
      await world.writeFormula(1);
      await stage.ok(`${deploy} f-1 old`);
      const [name = ''] = await readdir(world.path('storage', 'bundles'));
      const object = world.path('storage', 'bundles', name);
      await stage.ok('ensemble destroy-service old');
      await world.writeFormula(2);
      await stage.ok(`${deploy} f-2 new`);
      // In its place is what a storage cannot remove as an object.
      await rename(object, `${object}.whole`);
      await mkdir(object);
      const said = await stage.fails('ensemble prune --keep 0', /1 bundle of pruned formulas could not be/);
      const line = stage.named(said, /ensemble prune/);
      await rm(object, { recursive: true });
      await rename(`${object}.whole`, object);
      assert.match(await stage.ok(line), /left by a pruning that was interrupted/);
      await assert.rejects(access(object), { code: 'ENOENT' });
    },
  },
  {
    code: 'node-not-empty',
    by: 'removing what is below it, and the command again',
    run: async (stage) => {
      const { coordinator } = stage.world;
      await stage.service();
      await stage.ok('ensemble expose f');
      await coordinator.create(`${paths.exposed('f')}/by-hand`, '');
      const line = 'ensemble unexpose f';
      const said = await stage.fails(
        line,
        /exposed in the environment's state cannot be removed: something is below/,
      );
      const [, below = ''] = /remove what is below (\S+), which/.exec(said) ?? [];
      stage.named(said, /then run the command again/);
      for (const child of (await coordinator.children(below)) ?? [])
        await coordinator.remove(`${below}/${child}`);
      await stage.ok(line);
    },
  },
  {
    code: 'socket-in-use',
    by: 'stopping who listens there',
    run: async (stage) => {
      const stop = await listenInItsPlace(stage);
      const line = agent('machines/m0');
      const said = await stage.fails(`timeout 30 ${line}`, /another agent listens on \S+agent\.sock/);
      stage.named(said, /stop it first/);
      await stop();
      await stage.start(line, /.*/);
    },
  },
  {
    code: 'socket-in-use',
    by: 'another --data-dir',
    run: async (stage) => {
      const stop = await listenInItsPlace(stage);
      try {
        const said = await stage.fails(`timeout 30 ${agent('machines/m0')}`, /another agent listens on/);
        const option = stage.named(said, /(?<=start this one with another )--data-dir/);
        await stage.start(agent('machines/m0').replace(/--data-dir .*/, `${option} machines/m1`), /.*/);
      } finally {
        await stop();
      }
    },
  },
  {
    code: 'tmux-missing',
    by: 'installing it',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit();
      const bare = `PATH='${world.path('bin')}'; export PATH; `;
      const said = await stage.fails(`${bare}${DEBUG}`, /tmux is not installed/);
      const name = stage.named(said, /(?<=install it: apt-get install )\w+/);
      const { stdout } = await stage.shell(`command -v ${name}`);
      await symlink(stdout.trim(), world.path('bin', name));
      await stage.ok(`${bare}${DEBUG}`);
    },
  },
  {
    code: 'tmux-failed',
    by: 'one that is new enough',
    run: async (stage) => {
      await stage.unit();
      const old = '#!/bin/sh\n[ "$1" != -V ] || exec echo tmux 2.9\necho "unknown option -- n" >&2\nexit 1\n';
      const tmux = await stage.file('bin/tmux', old, 0o755);
      const said = await stage.fails(DEBUG, /tmux failed: unknown option/);
      const [version] = /\d+\.\d+/.exec(stage.named(said, /(?<=should be )\d\.\d or newer/)) ?? [];
      const line = stage.named(said, /tmux -V/);
      assert.match(await stage.ok(line), /^tmux 2\.9$/m);
      await rm(tmux);
      const [newer] = /\d+\.\d+/.exec(await stage.ok(line)) ?? [];
      assert.ok(Number(newer) >= Number(version), newer);
      await stage.ok(DEBUG);
    },
  },
  {
    code: 'not-on-machine',
    by: 'the same command on the host that is named',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit();
      const directory = world.path('machines', 'm0');
      // Another host has no such directory.
      await rename(directory, `${directory}.elsewhere`);
      const said = await stage.fails(DEBUG, /unit f\/0 is on machine m0 \(\S+\), which is not this one/);
      const host = stage.named(said, /(?<=run the same command on )\S+/);
      await rename(`${directory}.elsewhere`, directory);
      assert.match(await stage.ok('ensemble machines'), new RegExp(`^m0 .* ${host} `, 'm'));
      await stage.ok(DEBUG);
    },
  },
  {
    code: 'units-not-added',
    by: 'add-unit --rest',
    run: async (stage) => {
      const { world } = stage;
      await world.publish(1);
      await world.agent();
      await world.coordinator.create(paths.unit('f/0'), '{');
      const said = await stage.fails(
        `ensemble deploy --repository '${world.path('world')}' f-1`,
        /service f is created, but not all of its units are/,
      );
      await world.coordinator.remove(paths.unit('f/0'));
      await stage.follow(said, /ensemble add-unit --rest f/);
      await world.untilOn('world:f-1', 'f/0');
    },
  },
  {
    code: 'storage-missing',
    by: 'putting it back',
    run: async (stage) => {
      const { world } = stage;
      const [storage, elsewhere] = [world.path('storage'), world.path('elsewhere')];
      await world.writeFormula(1);
      await rename(storage, elsewhere);
      const deploy = 'ensemble deploy -n 0 --repository world f';
      const said = await stage.fails(deploy, /is missing: there is no directory \S+storage/);
      stage.named(said, /put it back/);
      await rename(elsewhere, storage);
      await stage.ok(deploy);
    },
  },
  {
    code: 'storage-missing',
    by: 'mounting its disk',
    needs: cannotMount,
    run: async (stage) => {
      const { world } = stage;
      const storage = world.path('storage');
      await world.writeFormula(1);
      await rm(storage, { recursive: true });
      await mkdir(storage);
      const deploy = 'ensemble deploy -n 0 --repository world f';
      stage.named(await stage.fails(deploy, /nothing is in that directory/), /mount its disk/);
      await onDisk(stage, storage, 4, async () => {
        await mkdir(join(storage, 'bundles'));
        await stage.ok(deploy);
      });
    },
  },
  {
    code: 'storage-missing',
    by: 'bootstrap, then upgrade-formula: the unit that waited for its formula goes on',
    run: async (stage) => {
      const { world } = stage;
      await world.writeFormula(1);
      await stage.ok('ensemble deploy -n 0 --repository world f');
      await rm(world.path('storage'), { recursive: true });
      await world.agentProcess();
      await stage.ok('ensemble add-unit --no-wait f');
      const said = await eventually(async () => {
        const { status } = await world.unit();
        assert.match(status.message, /is missing: there is no directory/);
        return `${status.message} ${status.next}`;
      });
      await stage.ok(stage.named(said, /ensemble bootstrap/));
      await stage.ok(stage.named(said, /ensemble upgrade-formula f\b/));
      await world.untilOn('world:f-1');
    },
  },
];
