import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Keys } from '../state/formula/trust/keys.js';
import { useSandbox } from './sandbox.js';

describe('ensemble index --sign', function () {
  this.timeout(60_000);
  const world = useSandbox();
  let keys: Keys;
  beforeEach(() => {
    keys = new Keys();
  });
  afterEach(() => keys.close());
  const file = (name: string): string => join(world.box.repository, name);
  const document = async () => JSON.parse(await readFile(file('index.json'), 'utf8'));
  const signatureOf = async (revision: number): Promise<string> =>
    (await document()).formulas.pulse.find((each: { revision: number }) => each.revision === revision)
      .signature;

  it('signs the index and its formulas, as ssh-keygen verifies, and keeps what authors signed', async () => {
    const author = keys.make('author', '-t ecdsa');
    const maintainer = keys.make('maintainer');
    const signers = keys.signers(
      `author ${keys.publicKey(author)}`,
      `maintainer ${keys.publicKey(maintainer)}`,
    );
    const own = await world.box.formula('pulse', 1);
    const other = await world.box.formula('pulse', 2);
    await world.box.ok('sign', '--key', author, own);
    await world.box.ok('index', '--sign', maintainer, 'principia');
    const statements = await Promise.all(
      [own, other].map(async (directory) => (await world.box.ok('sign', '--print', directory)).stdout),
    );
    for (const [index, principal] of (['author', 'maintainer'] as const).entries()) {
      const signature = await signatureOf(index + 1);
      assert.ok(keys.verifies(signers, statements[index] ?? '', signature, { principal }), principal);
    }
    const verified = async (): Promise<boolean> =>
      keys.verifies(
        signers,
        await readFile(file('index.json')),
        await readFile(file('index.json.sig'), 'utf8'),
        { principal: 'maintainer' },
      );
    assert.ok(await verified());
    const before = [
      await readFile(file('index.json'), 'utf8'),
      await readFile(file('index.json.sig'), 'utf8'),
    ];
    await world.box.ok('index', '--sign', maintainer, 'principia');
    assert.deepEqual(
      [await readFile(file('index.json'), 'utf8'), await readFile(file('index.json.sig'), 'utf8')],
      before,
      'the same is not signed again',
    );
    await rm(file('index.json.sig'));
    await world.box.ok('index', '--sign', maintainer, 'principia');
    assert.ok(await verified(), 'a signature that is missing is made');
  });

  it('keeps the signature of a formula that did not change, also where a key signs differently each time', async () => {
    const key = keys.make('ecdsa', '-t ecdsa');
    await world.box.formula('pulse', 1);
    await world.box.ok('index', '--sign', key, 'principia');
    const first = await signatureOf(1);
    await world.box.formula('pulse', 2);
    await world.box.ok('index', '--sign', key, '--serial', '7', '--expires', '24h', 'principia');
    assert.equal(await signatureOf(1), first);
    const { serial, expires } = await document();
    assert.equal(serial, 7);
    assert.ok(Date.parse(expires) > Date.now() + 23 * 3_600_000);
    const another = keys.make('another');
    await world.box.ok('index', '--sign', another, 'principia');
    assert.notEqual(await signatureOf(1), first, 'another key takes its place');
    assert.equal((await document()).serial, 8);
  });

  it('warns where an index that was signed is not any more, and refuses what was changed after it was signed', async () => {
    const key = keys.make('author');
    const directory = await world.box.formula('pulse', 1);
    await world.box.ok('sign', '--key', key, directory);
    await world.box.ok('index', '--sign', key, 'principia');
    await world.box.formula('pulse', 2);
    const { stderr } = await world.box.ok('index', 'principia');
    assert.match(
      stderr,
      /the index is not signed any more, as it changed; sign it with: ensemble index --sign KEY principia/,
    );
    await assert.rejects(readFile(file('index.json.sig')), { code: 'ENOENT' });
    await world.box.ok(...`index --sign ${key} principia`.split(' '));
    await readFile(file('index.json.sig'));
    const changed = await world.box.formula('pulse', 3);
    await world.box.ok('sign', '--key', key, changed);
    await world.box.file('principia/pulse-3/more', 'x');
    const refused = await world.box.run('index', 'principia');
    assert.match(refused.stderr, /pulse-3 is not what its signature/);
  });
});
