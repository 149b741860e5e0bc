import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Child, startChild } from './child.js';
import { freePorts } from './free-ports.js';

const run = promisify(execFile);

/** A running Swift with its S3 API: one proxy and one server each for accounts, containers and objects. */
export interface Swift {
  /** Path-style S3 endpoint, e.g. `http://127.0.0.1:40123`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where the objects lie on disk, for tests which look whether one was touched. */
  readonly devices: string;
  /** The URL of a storage in `bucket`, e.g. for `openStorage`. */
  url(bucket: string, prefix?: string): string;
  createBucket(bucket: string): Promise<void>;
  stop(): Promise<void>;
}

interface Ports {
  readonly account: number;
  readonly container: number;
  readonly object: number;
  readonly proxy: number;
}

const region = 'us-east-1';
const account = 'ensemble';
const user = 'ci';
const secret = 'cisecret';

/** Filters whose name in a pipeline is not the one they are installed under. */
const eggNames: Record<string, string> = { cache: 'memcache', 'proxy-logging': 'proxy_logging' };

/** The configuration of Debian 12's Swift 2.30, as little as its S3 API needs. */
function configurations(directory: string, ports: Ports): Record<string, string> {
  const bind = (port: number): string =>
    `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nswift_dir = ${directory}\nworkers = 0\nuser = ${userInfo().username}\nlog_level = ERROR\n`;
  const server = (kind: 'account' | 'container' | 'object'): string =>
    `${bind(ports[kind])}devices = ${directory}/srv\nmount_check = false\n\n` +
    `[pipeline:main]\npipeline = ${kind}-server\n\n[app:${kind}-server]\nuse = egg:swift#${kind}\n`;
  const filters = ['catch_errors', 'gatekeeper', 'healthcheck', 'proxy-logging', 'cache', 's3api'];
  const storageFilters = ['tempauth', 'copy', 'slo', 'dlo'];
  const settings: Record<string, string> = {
    s3api: `s3_acl = false\nlocation = ${region}\n`,
    tempauth: `user_${account}_${user} = ${secret} .admin\n`,
  };
  const filter = (name: string): string =>
    `\n[filter:${name}]\nuse = egg:swift#${eggNames[name] ?? name}\n${settings[name] ?? ''}`;
  return {
    'swift.conf':
      '[swift-hash]\nswift_hash_path_suffix = suffix\nswift_hash_path_prefix = prefix\n\n' +
      '[storage-policy:0]\nname = default\ndefault = yes\n',
    'account.conf': server('account'),
    'container.conf': server('container'),
    'object.conf': server('object'),
    'proxy.conf':
      `${bind(ports.proxy)}\n[pipeline:main]\n` +
      `pipeline = ${[...filters, ...storageFilters, 'proxy-logging', 'proxy-server'].join(' ')}\n\n` +
      `[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n` +
      [...filters, ...storageFilters].map(filter).join(''),
  };
}

/** What `swift-ring-builder` does in three commands for each ring, of which every one takes Python's start. */
const ringScript = `import sys
from swift.common.ring import RingBuilder
for argument in sys.argv[2:]:
    kind, port = argument.split("=")
    builder = RingBuilder(4, 1, 0)
    place = {"region": 1, "zone": 1, "device": "d1", "weight": 1, "meta": ""}
    address = {"ip": "127.0.0.1", "port": int(port)}
    builder.add_dev({**place, **address, "replication_ip": address["ip"], "replication_port": address["port"]})
    builder.rebalance()
    builder.get_ring().save(f"{sys.argv[1]}/{kind}.ring.gz")
`;

/** Waits until every server answers HTTP. The proxy avoids a server for a minute which it found down, so it comes last. */
async function waitUntilReady(children: readonly [Child, number][]): Promise<void> {
  const end = Date.now() + 120_000;
  for (const [child, port] of children)
    for (;;) {
      child.throwIfEnded();
      const answers = await fetch(`http://127.0.0.1:${port}/healthcheck`).then(
        () => true,
        () => false,
      );
      if (answers) break;
      if (Date.now() > end) throw new Error(`Swift does not answer on port ${port}\n${child.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/** The SDK is loaded here only, so that tests without S3 start fast; its notice about Node 20 is not theirs. */
async function createBucket(endpoint: string, bucket: string): Promise<void> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: `${account}:${user}`, secretAccessKey: secret },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}

/**
 * Starts Swift on free ports, with its data in a new directory under `os.tmpdir()`, which must be on a file system
 * with extended attributes. Takes about two seconds. All of it vanishes with `stop()`, and the processes also when
 * the tests are killed.
 */
export async function startSwift(): Promise<Swift> {
  const directory = await mkdtemp(path.join(tmpdir(), 'ensemble-swift-'));
  const children: [Child, number][] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(([child]) => child.stop()));
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const [accounts, containers, objects, proxy] = await freePorts(4);
    const ports = { account: accounts, container: containers, object: objects, proxy };
    const devices = path.join(directory, 'srv');
    await mkdir(path.join(devices, 'd1'), { recursive: true });
    for (const [name, text] of Object.entries(configurations(directory, ports)))
      await writeFile(path.join(directory, name), text);
    const kinds = ['account', 'container', 'object'] as const;
    const rings = kinds.map((kind) => `${kind}=${ports[kind]}`);
    await run('/usr/bin/python3', ['-c', ringScript, directory, ...rings]);
    for (const kind of [...kinds, 'proxy'] as const) {
      const configuration = path.join(directory, `${kind}.conf`);
      children.push([
        startChild(`swift-${kind}-server`, [configuration], { SWIFT_DIR: directory }),
        ports[kind],
      ]);
    }
    await waitUntilReady(children);
    const endpoint = `http://127.0.0.1:${proxy}`;
    return {
      endpoint,
      region,
      accessKeyId: `${account}:${user}`,
      secretAccessKey: secret,
      devices,
      url: (bucket, prefix = '') =>
        `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}?region=${region}&endpoint=${endpoint}&pathStyle=true`,
      createBucket: (bucket) => createBucket(endpoint, bucket),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
