import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Swift, startSwift } from '../../servers/swift.js';
import { withAwsEnvironment } from './aws-environment.js';
import { type Content, makeContent } from './content.js';
import { runModule } from './process.js';

const notice = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

describe('a process that uses a storage in s3', () => {
  let swift: Swift;
  let restore: () => void;
  let work: string;
  let content: Content;
  let url: string;

  before(async () => {
    swift = await startSwift();
    restore = withAwsEnvironment(swift);
    await swift.createBucket('formulas');
    work = await mkdtemp(path.join(tmpdir(), 'ensemble-content-'));
    content = await makeContent(work, 'process', 3_000_000);
    url = JSON.stringify(swift.url('formulas'));
  });
  after(async () => {
    restore();
    await rm(work, { recursive: true });
    await swift.stop();
  });

  const put = (): string => `const storage = await openStorage(${url});
    await storage.put(${JSON.stringify(content.key)}, ${JSON.stringify(content.file)});`;

  it('prints nothing of the SDK’s, and inherits nothing to others', async () => {
    const { ended } = runModule(`${put()} storage.close(); console.log(process.env.${notice});`, {
      [notice]: undefined,
    });
    assert.deepEqual(await ended, { code: 0, signal: null, stdout: 'undefined\n', stderr: '' });
  });

  it('ends by itself after close, with a download under way that nobody reads', async () => {
    const { ended } = runModule(`${put()}
      const body = await storage.read(${JSON.stringify(content.key)});
      body.on('error', () => undefined);
      storage.close();
      console.log('closed', Date.now());
      process.on('exit', () => console.log('ended', Date.now()));`);
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stderr], [0, '']);
    const [closed, end] = [...stdout.matchAll(/\d+/g)].map(Number);
    assert.ok(closed !== undefined && end !== undefined && end - closed < 1000, stdout);
  });

  it('loads the SDK only for s3', async () => {
    const { ended } = runModule(`const before = process.memoryUsage().rss;
      const { Module } = await import('node:module');
      const loaded = () => Object.keys(Module._cache).filter((file) => file.includes('@aws-sdk')).length > 0;
      await openStorage('file:/tmp/nothing');
      const directory = loaded();
      await openStorage('s3://formulas');
      console.log(directory, loaded());`);
    const { stdout, stderr } = await ended;
    assert.equal(stderr, '');
    assert.equal(stdout, 'false true\n');
  });
});
