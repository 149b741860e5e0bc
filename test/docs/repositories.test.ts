import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { freePorts } from '../servers/free-ports.js';
import { startSwift } from '../servers/swift.js';
import { Sandbox } from '../cli/sandbox.js';
import { ensembleProgram } from '../programs.js';
import { eventually } from '../eventually.js';
import { textOf } from './project.js';

/** The shell blocks of the page, in their order; what needs a bucket is marked `s3`. */
const blocks = (mark = ''): readonly string[] =>
  [...textOf('docs/repositories.md').matchAll(/^```sh(.*)\n([\s\S]*?)^```/gm)].flatMap(([, after, block]) =>
    after?.trim() === mark && block !== undefined ? [block] : [],
  );

describe('the page about repositories', function () {
  this.timeout(120_000);

  it('has commands that can be typed as they stand, one after the other', async () => {
    const box = await Sandbox.create();
    const servers: ChildProcess[] = [];
    try {
      await box.ok('bootstrap');
      await box.file(
        'bin/ensemble',
        `#!/bin/sh\nexec "${process.execPath}" "${ensembleProgram}" "$@"\n`,
        0o755,
      );
      const said: string[] = [];
      for (const block of blocks()) {
        // A port that is free, where the page has one.
        const [port] = await freePorts(1);
        ports.set('8407', ports.get('8407') ?? port);
        const typed = block.replaceAll('8407', `${ports.get('8407')}`);
        const child = spawn('sh', ['-euc', typed], {
          cwd: box.directory,
          detached: true,
          env: {
            PATH: `${box.directory}/bin:${process.env.PATH}`,
            HOME: box.directory,
            ENSEMBLE_HOME: box.home,
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        servers.push(child);
        let text = '';
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
          });
        const code = await new Promise((resolve) => child.on('exit', resolve));
        if (block.includes('http.server'))
          await eventually(async () => assert.ok((await fetch(`http://127.0.0.1:${ports.get('8407')}/`)).ok));
        assert.equal(code, 0, `${typed}\n${text}`);
        said.push(text);
      }
      const all = said.join('\n');
      assert.match(all, /deployed formulas:pulse-1 as pulse/);
      assert.match(all, /deployed formulas:pulse-1 as git-pulse/);
      assert.match(all, /deployed 127\.0\.0\.1:pulse-1 as web-pulse/);
      assert.match(all, /Good "ensemble-formula" signature for me@example\.com/);
      assert.match(all, /deployed 127\.0\.0\.1:pulse-2 as trusted-pulse/);
      const unsigned = ['deploy', '-n', '0', '--repository', 'formulas', 'pulse', '--revision', '1', 'other'];
      assert.match(
        (await box.run(...unsigned)).stderr,
        /pulse-1 is not signed, and this environment requires it/,
      );
      assert.match(all, /^web-pulse +1 +2 +eligible/m);
      assert.match(all, /^web-pulse +1 +2 +ineligible +withdrawn: stops the clock/m);
    } finally {
      // What a block leaves running is of its group.
      for (const { pid } of servers)
        try {
          if (pid !== undefined) process.kill(-pid, 'SIGKILL');
        } catch {
          // Most leave nothing.
        }
      await box.dispose();
    }
  });
});

describe('the page about repositories, of buckets', function () {
  this.timeout(120_000);

  it('has commands that can be typed as they stand', async function () {
    // Most machines have it, and to install it takes longer than all other tests.
    if (spawnSync('aws', ['--version']).status !== 0) this.skip();
    const [box, swift] = await Promise.all([Sandbox.create(), startSwift()]);
    try {
      await box.ok('bootstrap');
      await swift.createBucket('my-bucket');
      const ensemble = `#!/bin/sh\nexec "${process.execPath}" "${ensembleProgram}" "$@"\n`;
      await box.file('bin/ensemble', ensemble, 0o755);
      const [directory = ''] = blocks();
      const [bucket = ''] = blocks('s3');
      // As the page says of servers other than that of AWS.
      const typed = bucket
        .replaceAll(/^aws s3/gm, `aws --endpoint-url ${swift.endpoint} s3`)
        .replaceAll("us-east-1'", `us-east-1&endpoint=${swift.endpoint}&pathStyle=true'`);
      const { stderr } = await promisify(execFile)('sh', ['-euc', `${directory}\n${typed}`], {
        cwd: box.directory,
        env: {
          PATH: `${box.directory}/bin:${process.env.PATH}`,
          HOME: box.directory,
          ENSEMBLE_HOME: box.home,
          AWS_ACCESS_KEY_ID: swift.accessKeyId,
          AWS_SECRET_ACCESS_KEY: swift.secretAccessKey,
          AWS_DEFAULT_REGION: swift.region,
        },
      });
      assert.match(
        stderr,
        /deployed formulas:pulse-1 as pulse,[\s\S]*deployed formulas:pulse-1 as s3-pulse,/,
      );
    } finally {
      await Promise.all([box.dispose(), swift.stop()]);
    }
  });
});

const ports = new Map<string, number>();
