import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseMachine, type MachineOptions } from '../../agent/choose-machine.js';
import { type NamedBy, rememberMachine } from '../../agent/disk/remembered-machine.js';

interface Row {
  readonly what: string;
  /** Directories that remember a machine: where, which, how it was named, and of which host. */
  readonly known?: readonly (readonly [
    directory: string,
    machine: string,
    named: NamedBy,
    host: string | undefined,
  ])[];
  readonly options?: Partial<MachineOptions>;
  /** Machine, directory, and whether it is told of. */
  readonly chosen: readonly [machine: string, directory: string, notice: boolean];
}

const rows: readonly Row[] = [
  { what: 'the host gives the name', chosen: ['web2', 'machines/web2', false] },
  {
    what: 'an option gives it',
    options: { machine: 'm7' },
    chosen: ['m7', 'machines/m7', false],
  },
  {
    what: 'an environment of one machine has a name of its own',
    options: { fixed: 'm0' },
    chosen: ['m0', 'machines/m0', false],
  },
  {
    what: 'a data directory keeps its machine when the host gets another name',
    known: [['data', 'web1', 'host', 'id']],
    options: { dataDir: 'data' },
    chosen: ['web1', 'data', true],
  },
  {
    what: 'it keeps the one it was given once, too',
    known: [['data', 'db', 'given', 'id']],
    options: { dataDir: 'data' },
    chosen: ['db', 'data', true],
  },
  {
    what: 'an option is taken at its word: the agent refuses it where there are units',
    known: [['data', 'web1', 'host', 'id']],
    options: { dataDir: 'data', machine: 'web2' },
    chosen: ['web2', 'data', false],
  },
  {
    what: 'a host of another name goes on in the directory of the old one',
    known: [['machines/web1', 'web1', 'host', 'id']],
    chosen: ['web1', 'machines/web1', true],
  },
  {
    what: 'not in one that another host left in a shared home',
    known: [['machines/web1', 'web1', 'host', 'another']],
    chosen: ['web2', 'machines/web2', false],
  },
  {
    what: 'not in one of a machine that was named by hand, of which it tells',
    known: [['machines/db', 'db', 'given', 'id']],
    chosen: ['web2', 'machines/web2', true],
  },
  {
    what: 'an environment that was moved from an embedded state goes on in the directory of its machine',
    known: [['machines/m0', 'm0', 'default', 'id']],
    chosen: ['m0', 'machines/m0', true],
  },
  {
    what: 'on the way back it goes on as the machine that it was, too',
    known: [['machines/web2', 'web2', 'host', 'id']],
    options: { fixed: 'm0' },
    chosen: ['web2', 'machines/web2', true],
  },
  {
    what: 'it goes on where the host has no id, as the environment had one host only',
    known: [['machines/m0', 'm0', 'default', undefined]],
    options: { host: undefined },
    chosen: ['m0', 'machines/m0', true],
  },
  {
    what: 'not in that of another host, in a shared home',
    known: [['machines/m0', 'm0', 'default', 'another']],
    chosen: ['web2', 'machines/web2', false],
  },
  {
    what: 'not where the directory of its own name is there',
    known: [
      ['machines/web1', 'web1', 'host', 'id'],
      ['machines/web2', 'web2', 'host', 'id'],
    ],
    chosen: ['web2', 'machines/web2', false],
  },
];

describe('the choice of a machine', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ensemble-choice-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function choose({ known = [], options = {} }: Pick<Row, 'known' | 'options'>) {
    for (const [directory, machine, named, host] of known) {
      await mkdir(join(root, directory), { recursive: true });
      await rememberMachine(join(root, directory), { machine, named, host, claims: [] });
    }
    const { dataDir, ...rest } = options;
    return chooseMachine({
      machines: join(root, 'machines'),
      hostname: 'web2',
      host: 'id',
      ...rest,
      ...(dataDir !== undefined && { dataDir: join(root, dataDir) }),
    });
  }

  for (const row of rows) {
    it(row.what, async () => {
      const { machine, dataDirectory, notice } = await choose(row);
      const [name, directory, isTold] = row.chosen;
      assert.deepEqual([machine, dataDirectory, notice !== undefined], [name, join(root, directory), isTold]);
      if (isTold)
        assert.match(
          notice ?? '',
          new RegExp(`machine ${name}.*(although it would be called|this host is machine)`),
        );
    });
  }

  for (const [whose, options] of [
    ['an option', { machine: 'a/b' }],
    ['an option that is empty', { machine: '' }],
    ['an option, also where a directory is named', { machine: '../x', dataDir: 'data' }],
    ['the host', { hostname: 'wéb 1' }],
    ['the host that has none', { hostname: '' }],
  ] as const)
    it(`is refused by the rule of commands, with a name that would do: the name of ${whose}`, async () => {
      await assert.rejects(choose({ options }), (error: Error) => {
        assert.deepEqual(
          ['code', 'exitCode', 'isGiven'].map((field) => Reflect.get(error, field)),
          ['machine-name-refused', 2, 'machine' in options],
        );
        assert.match(Reflect.get(error, 'next'), /^the same command with --machine [a-z0-9][a-z0-9-]*$/);
        return true;
      });
    });

  it('goes on under a name of before that rule, which its directory remembers', async () => {
    const known = [['data', 'web 1', 'host', 'id'] as const];
    assert.equal((await choose({ known, options: { dataDir: 'data' } })).machine, 'web 1');
  });

  it('is left to the operator where the host was several', async () => {
    const known = ['a', 'b'].map((name) => [`machines/${name}`, name, 'host', 'id'] as const);
    await assert.rejects(choose({ known }), { code: 'machine-unclear', machines: ['a', 'b'] });
  });
});
