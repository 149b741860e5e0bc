import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  BundleDamaged,
  RepositoryNotFound,
  RepositoryUnavailable,
} from '../../../../state/formula/errors.js';
import { publishable } from '../../../../state/formula/publishable.js';
import { openRepository } from '../../../../state/formula/repositories/open.js';
import { writeIndex } from '../../../../state/formula/repositories/write-index.js';
import { SignatureMissing } from '../../../../state/formula/trust/errors.js';
import type { JudgedIndex } from '../../../../state/formula/repositories/index-judge.js';
import { recall, remember } from '../../../../state/formula/repositories/remembered.js';
import { openS3 } from '../../../../state/storage/s3.js';
import { createS3Client } from '../../../../state/storage/s3-client.js';
import { parseS3Url } from '../../../../state/storage/s3-url.js';
import { type Swift, startSwift } from '../../../servers/swift.js';
import { withAwsEnvironment } from '../../storage/aws-environment.js';
import { formulaTree, Workshop } from '../workshop.js';
import { repositoryContract } from './contract.js';

const limits = { connectTimeout: 3_000, answerTimeout: 10_000, idleTimeout: 10_000, attempts: 2 };

describe('a repository in a bucket', function () {
  this.timeout(120_000);
  const workshop = new Workshop();
  let swift: Swift;
  let client: S3Client;
  let restore: () => void;
  let prefix = '';
  let tests = 0;

  before(async () => {
    swift = await startSwift();
    restore = withAwsEnvironment(swift);
    await swift.createBucket('formulas');
    client = createS3Client(parseS3Url(swift.url('formulas')), limits);
  });
  after(async () => {
    client.destroy();
    restore();
    await swift.stop();
  });
  beforeEach(() => {
    tests += 1;
    prefix = `${tests}/principia`;
  });

  const put = (key: string, body: Buffer | string): Promise<unknown> =>
    client.send(new PutObjectCommand({ Bucket: 'formulas', Key: `${prefix}/${key}`, Body: body }));
  const remove = (key: string): Promise<unknown> =>
    client.send(new DeleteObjectCommand({ Bucket: 'formulas', Key: `${prefix}/${key}` }));
  /** As `aws s3 sync` does it. */
  const sync = async (): Promise<void> => {
    const root = workshop.path('principia');
    await writeIndex(root, { withdraw: [], restore: [] }, workshop.path('work'), 0);
    for (const name of await readdir(join(root, 'bundles')))
      await put(`bundles/${name}`, await readFile(join(root, 'bundles', name)));
    await put('index.json', await readFile(join(root, 'index.json')));
  };

  repositoryContract(workshop, async () => {
    await sync();
    return {
      location: swift.url('formulas', prefix),
      publish: sync,
      vanish: async () => void (await remove('index.json')),
    };
  });

  it('has no bundle used but the one that its index names', async () => {
    await workshop.tree('principia/mysql', formulaTree('mysql', 1));
    await sync();
    const candidate = (await openRepository(swift.url('formulas', prefix))).latest('mysql');
    await put('bundles/mysql-1.tar.gz', 'another');
    await assert.rejects(publishable(candidate, workshop.path('one')), BundleDamaged);
    await remove('bundles/mysql-1.tar.gz');
    await assert.rejects(publishable(candidate, workshop.path('two')), (error) => {
      assert.ok(error instanceof RepositoryUnavailable, `${error}`);
      assert.match(error.message, /its index names bundles\/mysql-1\.tar\.gz, which is not there$/);
      return true;
    });
  });

  it('sends its index again only where it changed', async () => {
    await workshop.tree('principia/mysql', formulaTree('mysql', 1));
    await sync();
    const storage = openS3(swift.url('formulas', prefix), {});
    try {
      const first = await storage.readChanged?.('index.json', undefined);
      assert.ok(first !== undefined && first !== 'unchanged' && first.etag !== undefined);
      first.body.destroy();
      assert.equal(await storage.readChanged?.('index.json', first.etag), 'unchanged');
      const url = swift.url('formulas', prefix);
      assert.deepEqual((await openRepository(url)).formulas, ['mysql']);
      assert.equal((await recall(url))?.tag, first.etag);
      // What is remembered is what an unchanged index is read from.
      const text = (await recall(url))?.text.replaceAll('"summary": "', '"summary": "remembered ') ?? '';
      await remember(url, { tag: first.etag, text });
      const [candidate] = (await openRepository(url)).revisions('mysql');
      assert.match(candidate?.metadata.summary ?? '', /^remembered /);
      await workshop.tree('principia/blog', formulaTree('blog', 1));
      await sync();
      assert.deepEqual((await openRepository(url)).formulas, ['blog', 'mysql']);
      assert.notEqual((await recall(url))?.tag, first.etag);
    } finally {
      storage.close();
    }
  });

  it('has its signature judged with it, once more where the two were replaced meanwhile', async () => {
    await workshop.tree('principia/mysql', formulaTree('mysql', 1));
    await sync();
    const url = swift.url('formulas', prefix);
    const seen: (string | undefined)[] = [];
    const judge = async ({ signature }: JudgedIndex): Promise<void> => {
      seen.push(signature);
      await put('index.json.sig', 'a signature');
      if (seen.length === 1) throw new SignatureMissing({ what: 'it', next: '' });
    };
    await openRepository(url, { judge });
    assert.deepEqual(seen, [undefined, 'a signature']);
  });

  it('is named with what makes one where there is none', async () => {
    await assert.rejects(openRepository(swift.url('formulas', 'nothing')), (error) => {
      assert.ok(error instanceof RepositoryNotFound, `${error}`);
      assert.match(error.message, /there is no index\.json$/);
      assert.match(error.next ?? '', /ensemble index DIRECTORY, and copy/);
      return true;
    });
    await put('index.json', '<html>');
    await assert.rejects(openRepository(swift.url('formulas', prefix)), /its index\.json is no JSON$/);
  });

  it('is unknown where its server or bucket is away', async () => {
    for (const url of [
      swift.url('nowhere'),
      's3://formulas/x?endpoint=http://127.0.0.1:1&pathStyle=true&region=a',
    ])
      await assert.rejects(openRepository(url), (error) => {
        assert.ok(error instanceof RepositoryUnavailable || error instanceof RepositoryNotFound, `${error}`);
        return true;
      });
  });
});
