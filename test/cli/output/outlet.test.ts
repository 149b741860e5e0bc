import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const outlet = new URL('../../../cli/output/outlet.js', import.meta.url).href;

/** Prints 1 MB by an outlet, and says on stderr when that returned. */
const printer = `
  const { outletOf } = await import(${JSON.stringify(outlet)});
  const outlet = outletOf(1);
  outlet.write('é'.repeat(500_000));
  process.stderr.write('printed');
  await outlet.flushed();
  process.exit(0);`;

/** @param words what runs the printer, with its stdout as it shall be */
async function print(words: readonly string[], look: (child: ReturnType<typeof spawn>) => Promise<void>) {
  const [command = process.execPath, ...args] = [
    ...words,
    process.execPath,
    '--input-type=module',
    '-e',
    printer,
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  await look(child);
  const [code] = await exited;
  return code;
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = '';
  for await (const piece of stream?.setEncoding('utf8') ?? []) all += piece;
  return all;
}

describe('what is printed into a pipe', () => {
  it('waits for a reader that is slow', async () => {
    const code = await print([], async ({ stdout, stderr }) => {
      const [printed, told] = await Promise.all([text(stdout), text(stderr)]);
      assert.deepEqual([printed.length, told], [500_000, 'printed']);
    });
    assert.equal(code, 0);
  });

  it('arrives whole where the pipe does not wait', async () => {
    const unwaiting = 'use Fcntl; fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK); exec @ARGV';
    const code = await print(['perl', '-e', unwaiting], async ({ stdout, stderr }) => {
      // Only then is anything read, so that the pipe was full.
      await once(stderr as NodeJS.ReadableStream, 'data');
      assert.equal((await text(stdout)).length, 500_000);
    });
    assert.equal(code, 0);
  });

  it('ends the command quietly where nobody reads it', async () => {
    const code = await print([], async ({ stdout, stderr }) => {
      stdout?.destroy();
      assert.equal(await text(stderr), '');
    });
    assert.equal(code, 0);
  });
});

describe('what is printed to nobody', () => {
  it('is written without a stream of Node’s', () => {
    const look = `
      const { outletOf } = await import(${JSON.stringify(outlet)});
      const { writeSync } = await import('node:fs');
      outletOf(1).write('x');
      writeSync(2, String(process.moduleLoadList.includes('NativeModule internal/fs/sync_write_stream')));
      process.stdout;
      writeSync(2, String(process.moduleLoadList.includes('NativeModule internal/fs/sync_write_stream')));`;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', look], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    assert.equal(stderr, 'falsetrue');
  });
});
