import assert from 'node:assert/strict';
import { appendFile, readdir } from 'node:fs/promises';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { formulaStatement } from '../../state/formula/trust/statement.js';
import { requireFormulaRecord, signFormula } from '../../state/model/formulas.js';
import { eventually } from '../eventually.js';
import { Keys } from '../state/formula/trust/keys.js';
import { ensemble } from './operator.js';
import { World } from './world.js';

describe('an agent whose environment says whom it trusts', function () {
  this.timeout(120_000);
  let world: World;
  let keys: Keys;
  beforeEach(async () => {
    world = await World.open();
    keys = new Keys();
    const key = keys.make('author');
    keys.make('other');
    await world.agent({
      environment: {
        name: 'world',
        state: world.state,
        storage: world.storage,
        address: '127.0.0.1',
        trust: { signers: keys.signers(`author ${keys.publicKey(key)}`), require: true },
      },
    });
  });
  afterEach(async () => {
    await world.close();
    keys.close();
  });

  /** @param as the formula whose content the signature is for */
  async function sign(id: string, key = 'author', as = id): Promise<void> {
    const { sha256 } = await requireFormulaRecord(world.coordinator, as);
    const statement = formulaStatement({ ...parseFormulaId(as), sha256 });
    await signFormula(world.coordinator, id, keys.sign(keys.path(key), statement));
  }

  const told = (said: RegExp): Promise<void> =>
    eventually(async () => assert.match((await world.unit()).status.message, said), 60_000);

  it('unpacks nothing that is not signed, says so, and goes on as soon as it is', async () => {
    const id = await world.publish(1);
    await world.deploy(id);
    await told(/f-1 is not signed, and this environment requires it/);
    assert.deepEqual(await readdir(world.path('machines', 'm0', 'cache')), [], 'nor is it fetched');
    await sign(id);
    await world.untilOn(id);
  });

  it('keeps a unit on its formula while the next one is signed by another, or for another content', async () => {
    const one = await world.publish(1);
    await sign(one);
    await world.deploy(one);
    await world.untilOn(one);
    const two = await world.publish(2);
    await sign(two, 'other');
    await world.upgrade(two);
    await told(/f-2 is signed with the key SHA256:\S+, which is none of/);
    await sign(two, 'author', one);
    await told(/f-2 is not what its signature, with a key of author, was made for/);
    assert.equal((await world.unit()).unit.formula, one);
    assert.deepEqual(
      (await readdir(world.unitPath('f/0', '.formula'))).filter((name) => name.startsWith('2-')),
      [],
    );
    await sign(two);
    await world.untilOn(two);
  });

  it('tells so in its machine’s node, and `machines` names those whose agents trust more', async () => {
    const machines = async () => {
      const { code, stdout, stderr } = await ensemble(world, 'machines', '--format', 'json');
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout).machines;
    };
    assert.equal((await machines()).m0.trust, 'required');
    await world.agent({ machine: 'm1' });
    assert.equal((await machines()).m1.trust, 'none');
    // This operator's own environment trusts anybody.
    assert.doesNotMatch((await ensemble(world, 'machines')).stdout, /agents take/);
    await appendFile(
      world.path('environments.yaml'),
      `    trust: {signers: ${keys.path('signers-of-operator')}}\n`,
    );
    assert.match(
      (await ensemble(world, 'machines')).stdout,
      /^agents take any formula: there is no `trust` in the environments\.yaml of m1$/m,
    );
  });

  it('takes what was signed after it was published, as the same command puts the signature beside it', async () => {
    const directory = await world.writeFormula(1);
    const run = async (...args: string[]): Promise<void> => {
      const { code, stderr } = await ensemble(world, ...args);
      assert.equal(code, 0, stderr);
    };
    await run('deploy', '--no-wait', '--repository', 'world', 'f');
    await told(/f-1 is not signed/);
    await run('sign', '--key', keys.path('author'), directory);
    await run('upgrade-formula', '--no-wait', 'f');
    await world.untilOn('world:f-1');
  });
});
