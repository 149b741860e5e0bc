import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileUnwritable } from '../../../cli/output/errors.js';
import { intoFile } from '../../../cli/output/into-file.js';
import { type Output, processOutput } from '../../../cli/output/output.js';

describe('data that goes to a file', () => {
  let directory: string;
  const printed: string[] = [];
  const output: Output = { ...processOutput(), data: (text) => printed.push(text) };
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-output-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('takes the place of what was there, and nothing of it is printed', async () => {
    const file = join(directory, 'status');
    await writeFile(file, 'the status of yesterday, which was longer\n');
    const code = await intoFile(output, file, async ({ data, stdout }) => {
      data('one');
      data('two');
      assert.deepEqual([stdout.isTerminal, stdout.hasColors], [false, false]);
      return 7;
    });
    assert.equal(code, 7);
    assert.equal(await readFile(file, 'utf8'), 'one\ntwo\n');
    assert.deepEqual(printed, []);
  });

  it('is an empty file where there is none', async () => {
    const file = join(directory, 'empty');
    await intoFile(output, file, async () => 0);
    assert.equal(await readFile(file, 'utf8'), '');
  });

  it('leaves the file as it was where the command fails before', async () => {
    const file = join(directory, 'kept');
    await writeFile(file, 'kept');
    await assert.rejects(
      intoFile(output, file, async () => {
        throw new Error('no coordinator');
      }),
      /no coordinator/,
    );
    assert.equal(await readFile(file, 'utf8'), 'kept');
  });

  it('says why a file cannot be written', async () => {
    for (const [file, reason] of [
      [directory, 'it is a directory'],
      [join(directory, 'nowhere', 'status'), 'its directory does not exist'],
    ] as const)
      await assert.rejects(
        intoFile(output, file, async ({ data }) => data('one')),
        (error) => error instanceof FileUnwritable && error.reason === reason,
      );
  });
});
