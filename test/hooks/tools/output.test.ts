import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HookContext } from '../../../hooks/context/hook-context.js';
import { hookTools } from '../../../hooks/tools/all-tools.js';
import { runTool } from '../../../hooks/tools/run-tool.js';
import { InputWanted, type ToolResult } from '../../../hooks/tools/tool.js';
import { RecordingSource } from '../context/recording-source.js';

describe('--output of the hook tools', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-output-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  async function call([name, ...words]: string[]): Promise<ToolResult> {
    const tool = hookTools.find((each) => each.name === name);
    assert.ok(tool);
    const source = new RecordingSource();
    source.values = { port: 80 };
    const context = new HookContext('id', source);
    const result = await runTool(tool, { context, arguments: words, directory });
    assert.ok(!(result instanceof InputWanted));
    return result;
  }

  it('is there in every tool that prints data, and in no other', async () => {
    for (const { name } of hookTools) {
      const { stdout } = await call([name, '--help']);
      assert.equal(stdout.includes('--output <file>'), stdout.includes('--format <format>'), name);
    }
  });

  it('writes what would be printed to a file from the directory of the caller, over what was there', async () => {
    await writeFile(join(directory, 'port'), 'something longer');
    assert.deepEqual(await call(['config-get', '-o', 'port', 'port']), { exit: 0, stdout: '', stderr: '' });
    assert.equal(await readFile(join(directory, 'port'), 'utf8'), '80\n');
    await call(['config-get', '--format', 'json', `--output=${join(directory, 'json')}`]);
    assert.equal(await readFile(join(directory, 'json'), 'utf8'), '{"port":80}\n');
  });

  it('leaves the file as it was where the tool fails', async () => {
    await writeFile(join(directory, 'kept'), 'kept');
    assert.equal((await call(['relation-get', '-o', 'kept', 'key'])).exit, 2);
    assert.equal(await readFile(join(directory, 'kept'), 'utf8'), 'kept');
  });

  it('says why a file cannot be written, and never hangs on what is no file', async () => {
    for (const [file, sentence] of [
      ['.', /is a directory/],
      ['nowhere/port', /is in a directory that does not exist/],
      ['', /cannot be found/],
      ['/dev/stdout', /redirect instead/],
    ] as const) {
      const { exit, stdout, stderr } = await call(['config-get', '-o', file, 'port']);
      assert.deepEqual([exit, stdout], [1, '']);
      assert.match(stderr, sentence);
    }
  });
});
