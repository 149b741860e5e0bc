import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { EnsembleError } from '../../../state/platform/errors.js';
import { openStorage } from '../../../state/storage/open.js';
import type { Storage } from '../../../state/storage/storage.js';
import { type Swift, startSwift } from '../../servers/swift.js';
import { withAwsEnvironment } from './aws-environment.js';
import { type Content, makeContent } from './content.js';
import { listen } from './tcp-fault.js';

const secret = 'verySecretKey0123456789';

/** What the error of `act` says, after making sure that it is one of ours and gives nothing secret away. */
async function failure(act: Promise<unknown>): Promise<EnsembleError> {
  const error = await act.then(
    () => assert.fail('it succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EnsembleError, `not an error of ours: ${inspect(error)}`);
  const everything = inspect(error, { depth: 20, showHidden: true });
  for (const hidden of [secret, 'cisecret', 'Signature=', 'sessionToken'])
    assert.ok(!everything.includes(hidden), `${hidden} is in ${everything}`);
  return error;
}

describe('a storage in s3, when the server answers otherwise', () => {
  let restore: () => void = () => undefined;
  let work: string;
  let content: Content;
  const opened: Storage[] = [];

  const open = async (endpoint: string): Promise<Storage> => {
    const storage = await openStorage(`s3://formulas?region=us-east-1&endpoint=${endpoint}&pathStyle=true`);
    opened.push(storage);
    return storage;
  };
  const login = (accessKeyId: string, secretAccessKey: string, more: Record<string, string> = {}): void => {
    restore();
    restore = withAwsEnvironment({ accessKeyId, secretAccessKey }, more);
  };

  beforeEach(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'ensemble-content-'));
    content = await makeContent(work, 'answers', 100_000);
    login('ensemble:ci', secret);
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) storage.close();
    await rm(work, { recursive: true });
  });
  after(() => restore());

  describe('with credentials that are', () => {
    let swift: Swift;
    before(async () => {
      swift = await startSwift();
      await swift.createBucket('formulas');
    });
    after(() => swift.stop());

    const everyCall = (storage: Storage): (() => Promise<unknown>)[] => [
      () => storage.size(content.key),
      () => storage.read(content.key),
      () => storage.put(content.key, content.file),
    ];

    it('right, nothing is refused', async () => {
      login(swift.accessKeyId, swift.secretAccessKey);
      await (await open(swift.endpoint)).put(content.key, content.file);
    });

    it('wrong, access is denied', async () => {
      for (const act of everyCall(await open(swift.endpoint))) {
        const error = await failure(act());
        assert.equal(error.code, 'storage-access-denied');
        assert.match(
          error.message,
          /^the storage refuses access to s3:\/\/formulas\/bundles\/\w+\.tar\.gz\?region/,
        );
        assert.match(error.next ?? '', /s3:GetObject, s3:PutObject and s3:ListBucket on formulas/);
      }
    });

    it('wrong, and the answer to a GET says in which way', async () => {
      const read = await failure((await open(swift.endpoint)).read(content.key));
      assert.match(read.message, /: the secret access key is not the one of the access key$/);
      login('nobody:ci', secret);
      const unknown = await failure((await open(swift.endpoint)).read(content.key));
      assert.match(unknown.message, /: (it does not know the access key|the secret access key is not .*)$/);
    });

    it('missing, the error says where they are looked for', async () => {
      restore();
      restore = withAwsEnvironment();
      for (const act of everyCall(await open(swift.endpoint))) {
        const error = await failure(act());
        assert.equal(error.code, 'storage-credentials-missing');
        assert.match(error.next ?? '', /AWS_ACCESS_KEY_ID.*AWS_PROFILE.*~\/\.aws\/credentials.*role/);
      }
    });

    it('those of a profile that does not exist, it is named', async () => {
      restore();
      restore = withAwsEnvironment(undefined, { AWS_PROFILE: 'operations' });
      const error = await failure((await open(swift.endpoint)).size(content.key));
      assert.equal(error.code, 'storage-credentials-missing');
      assert.match(error.message, /operations/);
    });

    it('those of a profile, they are used', async () => {
      const file = path.join(work, 'credentials');
      const { accessKeyId, secretAccessKey } = swift;
      await writeFile(
        file,
        `[operations]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
      );
      restore();
      restore = withAwsEnvironment(undefined, {
        AWS_PROFILE: 'operations',
        AWS_SHARED_CREDENTIALS_FILE: file,
      });
      const storage = await open(swift.endpoint);
      await storage.put(content.key, content.file);
      assert.equal(await storage.size(content.key), content.digest.size);
    });
  });

  it('names the missing region', async () => {
    const storage = await openStorage('s3://formulas');
    opened.push(storage);
    const error = await failure(storage.size(content.key));
    assert.equal(error.code, 'storage-url-invalid');
    assert.match(error.message, /it names no region, and neither AWS_REGION nor the profile does$/);
  });

  describe('from a server under our control', () => {
    let answer: (request: IncomingMessage, response: ServerResponse, count: number) => void;
    let count = 0;
    const server = createServer((request, response) => {
      request.resume();
      answer(request, response, count);
      count += 1;
    });
    let endpoint: string;
    before(async () => {
      endpoint = `http://127.0.0.1:${await listen(server)}`;
    });
    beforeEach(() => {
      count = 0;
    });
    after(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    const xml = (code: string, more = ''): string =>
      `<Error><Code>${code}</Code><Message>text</Message>${more}</Error>`;
    const always = (status: number, code: string, headers: Record<string, string> = {}): void => {
      answer = (request, response) => {
        response.writeHead(status, { 'content-type': 'application/xml', ...headers });
        response.end(request.method === 'HEAD' ? undefined : xml(code));
      };
    };

    it('one error 500 is repeated, and nobody hears of it', async () => {
      answer = (_request, response, nth) => {
        if (nth === 0) response.writeHead(500).end();
        else response.writeHead(200, { 'content-length': '5' }).end('bytes');
      };
      const storage = await open(endpoint);
      assert.equal(await storage.size(content.key), 5);
      count = 0;
      assert.equal((await buffer(await storage.read(content.key))).toString(), 'bytes');
    });

    it('errors 503 are reported after two attempts', async () => {
      always(503, 'SlowDown');
      const error = await failure((await open(endpoint)).read(content.key));
      assert.equal(error.code, 'storage-unreachable');
      assert.match(error.message, /it answers 503 SlowDown$/);
      assert.equal(count, 2);
    });

    it('a failing upload is repeated once with all its bytes', async () => {
      const bodies: Buffer[] = [];
      answer = (request, response) => {
        if (request.method === 'HEAD') {
          response.writeHead(404).end();
          return;
        }
        void buffer(request).then((body) => {
          bodies.push(body);
          response.writeHead(bodies.length === 1 ? 500 : 200).end();
        });
      };
      await (await open(endpoint)).put(content.key, content.file);
      assert.deepEqual(bodies, [content.bytes, content.bytes]);
    });

    it('another region is named', async () => {
      for (const status of [301, 400]) {
        always(status, status === 301 ? 'PermanentRedirect' : 'AuthorizationHeaderMalformed', {
          'x-amz-bucket-region': 'eu-west-1',
        });
        const storage = await open(endpoint);
        for (const act of [() => storage.size(content.key), () => storage.read(content.key)]) {
          const error = await failure(act());
          assert.equal(error.code, 'bucket-elsewhere');
          assert.match(error.message, /is not in the region us-east-1 but in eu-west-1$/);
          assert.match(error.next ?? '', /region=eu-west-1/);
        }
      }
    });

    it('a redirect that names no region is refused', async () => {
      always(302, 'Found', { location: 'http://elsewhere.example/' });
      const error = await failure((await open(endpoint)).size(content.key));
      assert.equal(error.code, 'storage-request-refused');
    });

    it('a full server is told from a broken one', async () => {
      answer = (request, response) => {
        response.writeHead(request.method === 'HEAD' ? 404 : 507, { 'content-type': 'application/xml' });
        response.end(request.method === 'HEAD' ? undefined : xml('InsufficientStorage'));
      };
      const error = await failure((await open(endpoint)).put(content.key, content.file));
      assert.equal(error.code, 'storage-full');
      assert.match(error.message, /was not stored: the bucket formulas or its server is full$/);
    });

    it('a refusal nobody foresaw is told in the server’s words', async () => {
      always(405, 'MethodNotAllowed');
      const error = await failure((await open(endpoint)).read(content.key));
      assert.equal(error.code, 'storage-request-refused');
      assert.match(error.message, /it answers 405 MethodNotAllowed: text$/);
    });

    it('a web page in place of an S3 answer is an error', async () => {
      answer = (_request, response) => {
        response.writeHead(500, { 'content-type': 'text/html' }).end('<html><p>Bad gateway</html>');
      };
      const error = await failure((await open(endpoint)).read(content.key));
      assert.equal(error.code, 'storage-unreachable');
      assert.match(error.message, /it answers 500/);
    });

    it('a wrong clock is named', async () => {
      always(403, 'RequestTimeTooSkewed');
      const error = await failure((await open(endpoint)).read(content.key));
      assert.match(error.message, /this machine’s clock is wrong$/);
    });
  });
});
