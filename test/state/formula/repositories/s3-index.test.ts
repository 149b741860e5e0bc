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
import { createS3Client } from '../../../../state/storage/s3-client.js';
import { parseS3Url } from '../../../../state/storage/s3-url.js';
import { type Swift, startSwift } from '../../../servers/swift.js';
import { withAwsEnvironment } from '../../storage/aws-environment.js';
import { formulaTree, Workshop } from '../workshop.js';
import { repositoryContract } from './contract.js';

const limits = { connectTimeout: 3_000, answerTimeout: 10_000, idleTimeout: 10_000, attempts: 2 };

describe('a repository in a bucket', function () {
  this.timeout(60_000);
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
