import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from '../docs/project.js';
import { DEBUG } from './obstacle-rows.js';
import { race } from './races.js';
import type { Row, Stage } from './stage.js';

/** The user `nobody`, and its group. */
const NOBODY = 65_534;
const AGENT = 'ensemble-agent -e world --machine m0 --data-dir machines/m0';

const notRoot = (): string | undefined =>
  process.getuid?.() === 0 ? undefined : 'only root can act as another user';

/** Why a host cannot have another name for one program; undefined where it can. */
function cannotRename(): string | undefined {
  if (!existsSync('/etc/machine-id')) return 'this host has no /etc/machine-id, by which it is known again';
  const { status, stderr } = spawnSync('unshare', ['--uts', 'hostname', 'web1'], { encoding: 'utf8' });
  return status === 0 ? undefined : `no program can have a host name of its own here: ${stderr.trim()}`;
}

/**
 * Does `act` with the beginning of a line that runs `ensemble` as nobody: with the same environment, and with the program
 * where that user can read it, which a clone need not be.
 */
async function asNobody({ world }: Stage, act: (ensemble: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'ensemble-nobody-'));
  try {
    await chmod(home, 0o755);
    await mkdir(join(home, 'dist', 'bin'), { recursive: true });
    const programs = ['ensemble.cjs', 'ensemble-migrate.cjs', 'run.cjs'];
    for (const file of ['package.json', ...programs.map((program) => `dist/bin/${program}`)])
      await copyFile(join(projectDirectory, file), join(home, file));
    const environments = join(home, 'environments.yaml');
    await writeFile(environments, await readFile(world.path('environments.yaml')), { mode: 0o600 });
    await chown(environments, NOBODY, NOBODY);
    const user = `setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups`;
    await act(
      `cd / && HOME=${home} ENSEMBLE_HOME=${home} ${user} '${process.execPath}' ${home}/dist/bin/ensemble.cjs`,
    );
  } finally {
    await rm(home, { recursive: true });
  }
}

/** What a machine's users and its name are: on ZooKeeper, as an embedded environment has one user and one machine. */
export const hostRows: readonly Row[] = [
  {
    ...race('data-directory-forbidden', 'the same command as the agent’s user', async (stage) => {
      await stage.world.writeFormula(1);
      await stage.start(AGENT, /.*/);
      await stage.ok('ensemble deploy --repository world f');
      await asNobody(stage, async (ensemble) => {
        const said = await stage.fails(
          `${ensemble} debug-hooks f/0`,
          /is the agent's, and not for this user/,
        );
        stage.named(said, /run the same command as the agent’s user/);
      });
      await stage.ok(DEBUG);
    }),
    needs: notRoot,
  },
  {
    ...race('machine-unclear', '--machine with one of those it was, as printed', async (stage) => {
      const on = (host: string, agent: string): string =>
        `unshare --uts /bin/sh -c 'hostname ${host}; exec ${agent}'`;
      const agent = 'ensemble-agent -e world';
      for (const [host, line] of [
        ['web1', agent],
        ['web2', `${agent} --data-dir world/machines/web2`],
      ] as const) {
        const { child, ended } = await stage.start(on(host, line), /.*/);
        child.kill();
        await ended;
      }
      const said = await stage.fails(
        on('web3', `timeout 30 ${agent}`),
        /called web3 now, was machine web1 and machine web2/,
      );
      const option = stage.named(said, /--machine web1/);
      await stage.start(on('web3', `${agent} ${option}`), /.*/);
      await stage.ok('ensemble machines');
    }),
    needs: cannotRename,
  },
];
