import assert from 'node:assert/strict';
import { systemClock } from '../../../state/platform/clock.js';
import { credentialOf } from '../../../watcher/polling/credential.js';
import { pollLimits } from '../../../watcher/polling/poll.js';
import { Poller } from '../../../watcher/polling/poller.js';
import { WebServer } from '../../servers/web-server.js';
import { withAwsEnvironment } from '../../state/storage/aws-environment.js';

const SPENT = { accessKeyId: 'AKIASPENT', secretAccessKey: 'hush-hush' };
const FRESH = { accessKeyId: 'AKIAFRESH', secretAccessKey: 'hush-hush' };

describe('whose quota a repository is counted on', function () {
  this.timeout(60_000);
  let restore: () => void = () => undefined;
  const signIn = (credentials: typeof SPENT): void => {
    restore();
    restore = withAwsEnvironment(credentials);
  };
  afterEach(() => {
    restore();
    restore = () => undefined;
  });

  const alike: readonly (readonly [string, string, string, boolean])[] = [
    ['two indexes on a web server', 'https://a.test/one/', 'https://a.test/two/', true],
    ['two web servers', 'https://a.test/one/', 'https://b.test/one/', false],
    ['one user of ssh', 'git+ssh://git@a.test/one', 'git+ssh://git@a.test/two', true],
    ['two users of ssh', 'git+ssh://ann@a.test/one', 'git+ssh://bob@a.test/one', false],
    ['two buckets', 's3://one?endpoint=http://a.test:1', 's3://two?endpoint=http://a.test:1', true],
    [
      'two servers of buckets',
      's3://one?endpoint=http://a.test:1',
      's3://one?endpoint=http://b.test:1',
      false,
    ],
    ['two regions', 's3://one?region=eu-west-1', 's3://one?region=eu-west-2', false],
  ];
  for (const [title, one, other, isOne] of alike)
    it(`is ${isOne ? 'the same' : 'another one'} for ${title}`, async () => {
      signIn(SPENT);
      assert.equal((await credentialOf(one)).quota === (await credentialOf(other)).quota, isOne);
    });

  it('is nobody’s for a directory', async () => {
    assert.equal((await credentialOf('/srv/formulas')).quota, undefined);
  });

  it('is asked for again where there was no access key: it counts on the one that is there by now', async () => {
    const server = await WebServer.start((_, response) => void response.writeHead(404).end());
    try {
      const poller = new Poller({ clock: systemClock, random: () => 0, period: 1_000, limits: pollLimits });
      const watched = (bucket: string) => {
        const location = `s3://${bucket}?endpoint=http://127.0.0.1:${server.port}&pathStyle=true`;
        return { place: location, location };
      };
      const ask = (bucket: string) => poller.ask(watched(bucket), true);
      signIn(SPENT);
      const limited = { failures: 1, left: 3_600_000, isLimited: true, lastOk: undefined };
      await poller.restore(watched('one'), limited);
      restore();
      restore = withAwsEnvironment();
      assert.notEqual(await ask('two'), undefined, 'it is asked');
      signIn(SPENT);
      assert.equal(await ask('two'), undefined, 'it is left alone');
    } finally {
      await server.stop();
    }
  });

  it('is that of the access key for buckets: the others of that key are left alone, and not those of another one', async () => {
    const server = await WebServer.start((request, response) => {
      if (request.headers.authorization?.includes(SPENT.accessKeyId) !== true) response.writeHead(404).end();
      else
        response
          .writeHead(503, { 'content-type': 'application/xml', 'retry-after': '3600' })
          .end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
    });
    try {
      const poller = new Poller({
        clock: systemClock,
        random: () => 0,
        period: 1_000,
        limits: pollLimits,
      });
      const ask = (bucket: string) => {
        const location = `s3://${bucket}?endpoint=http://127.0.0.1:${server.port}&pathStyle=true`;
        return poller.ask({ place: location, location });
      };
      signIn(SPENT);
      const polled = await ask('one');
      assert.ok(polled?.outcome === 'rate-limited', JSON.stringify(polled));
      assert.equal(polled.retryAfter, 3_600_000);
      server.asked.length = 0;
      assert.equal(await ask('two'), undefined);
      assert.equal(server.asked.length, 0);
      signIn(FRESH);
      assert.equal((await ask('three'))?.outcome, 'not-found', 'it was asked');
    } finally {
      await server.stop();
    }
  });
});
