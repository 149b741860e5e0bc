import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeCommand } from '../../../hooks/process/command-file.js';

const execute = promisify(execFile);

describe('a command in the place of a hook', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-command-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));

  for (const word of ['plain', 'two words', "it's", '$HOME `id` \\', '"', '', '-n', 'a\nb', '*', 'ü']) {
    it(`passes ${JSON.stringify(word)} on as it is`, async () => {
      const file = await writeCommand(directory, ['printf', '<%s>', word]);
      assert.equal((await execute(file)).stdout, `<${word}>`);
    });
  }

  it('is its user’s alone', async () => {
    assert.equal((await stat(await writeCommand(directory, ['true']))).mode & 0o777, 0o700);
  });

  it('exits as the program does, and with 127 where there is none', async () => {
    await assert.rejects(execute(await writeCommand(directory, ['sh', '-c', 'exit 9'])), { code: 9 });
    await assert.rejects(execute(await writeCommand(directory, ['no-such-program'])), { code: 127 });
  });
});
