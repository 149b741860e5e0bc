import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useSandbox } from '../cli/sandbox.js';
import { agentProgram, ensembleProgram } from '../programs.js';

const programs = { cli: ensembleProgram, agent: agentProgram };

describe('what the operating system refuses', () => {
  const world = useSandbox({ asProcesses: true });

  it('is told by its path and a way out, not as an unexpected error', async () => {
    const file = await world.box.file('file', '');
    const rows: readonly (readonly [keyof typeof programs, string, readonly string[], NodeJS.ProcessEnv])[] =
      [
        ['cli', file, ['bootstrap'], { ENSEMBLE_HOME: file }],
        ['cli', `${file}/environments.yaml`, ['status'], { ENSEMBLE_HOME: file }],
        ['agent', `${file}/environments.yaml`, [], { ENSEMBLE_HOME: file }],
        [
          'agent',
          `${file}/data`,
          ['--state', 'embedded:./s', '--storage', 'file:./b', '--data-dir', `${file}/data`],
          {},
        ],
        ['cli', `${file}/ensemble-XXXXXX`, ['bootstrap'], { TMPDIR: file }],
        // Node's own way to make directories never comes back from there.
        ['cli', '/proc/none', ['bootstrap'], { ENSEMBLE_HOME: '/proc/none/home' }],
        [
          'agent',
          '/proc/none',
          ['--state', 'embedded:./s', '--storage', 'file:./b', '--data-dir', '/proc/none/data'],
          {},
        ],
      ];
    for (const [room, path, args, variables] of rows) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [programs[room], ...args], {
        cwd: world.box.directory,
        env: {
          PATH: process.env.PATH,
          HOME: world.box.directory,
          ENSEMBLE_HOME: world.box.home,
          ...variables,
        },
        encoding: 'utf8',
        timeout: 30_000,
      });
      const told = stderr.replace(`wrote ${join(world.box.home, 'environments.yaml')}\n`, '');
      const [line = '', next = ''] = told.split('\n');
      assert.equal(line.replace(/^ensemble(-agent)?: /, '').split(' cannot be used: ')[0], path, stderr);
      assert.match(next, /^ {2}try: /);
      assert.equal(told.split('\n').length, 3, told);
      assert.equal(status, 1);
      assert.doesNotMatch(stdout, /\n\s+at /);
    }
  });

  it('is told without a stack where it is the disk of the state that is full, and nothing is lost', async function () {
    await world.box.ok('bootstrap');
    const disk = join(world.box.directory, 'disk');
    await mkdir(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    try {
      const urls = ['--state', `embedded:${disk}/state`, '--storage', `file:${world.box.home}/bundles`];
      await world.box.formula('guestbook', 1, { config: 'options:\n  title: {type: string}\n' });
      await world.box.ok('bootstrap', ...urls);
      await world.box.ok('deploy', ...urls, '-n', '0', '--repository', 'principia', 'guestbook');
      await writeFile(join(disk, 'ballast'), Buffer.alloc(4 << 20)).catch(() => undefined);
      const { code, stderr } = await world.box.run(
        'set',
        ...urls,
        'guestbook',
        `title=${'x'.repeat(20_000)}`,
      );
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^ensemble: the coordinator \S+ cannot be reached: the disk is full\n {2}try: /m);
      assert.doesNotMatch(stderr, /\n\s+at /);
      await rm(join(disk, 'ballast'));
      await world.box.ok('set', ...urls, 'guestbook', 'title=short');
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  it('may be the place that output was sent to', async () => {
    await world.box.ok('bootstrap');
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [programs.cli, 'status'], {
      env: { PATH: process.env.PATH, ENSEMBLE_HOME: world.box.home },
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'ensemble: the place that its output goes to cannot be used: the disk is full\n' +
        '  try: make room there, and run the same command again\n',
    );
  });
});
