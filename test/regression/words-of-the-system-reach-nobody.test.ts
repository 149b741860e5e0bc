import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adviseOnFailure, adviseOnRelation, whyWaiting } from '../../agent/contract/failure-advice.js';
import { sentence } from '../../agent/contract/log.js';
import { wordsOf } from '../../agent/contract/refused-by-system.js';
import { openJournal } from '../../agent/journal/journal.js';
import { newRecord } from '../../agent/journal/record.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { cannotMount } from '../remedies/mounting.js';

const run = (program: string, ...words: readonly string[]): unknown =>
  execFileSync(program, words, { stdio: 'ignore' });
const fill = (disk: string): unknown =>
  run('sh', '-c', `cat /dev/zero >'${disk}/filler' 2>/dev/null || true`);

/** As the system and the stores' library say it, and nobody else should. */
const RAW = /\bE[A-Z]{3,}\b|[Nn]o space left|Attempting to write|commitError|position \d|\bMDB_/;

/**
 * A full disk under the journal stood in a relation's message as lmdb says it, without what makes room; one under the
 * state was told to be mended in environments.yaml.
 */
describe('what the system refused', () => {
  let disk: string;
  before(async function () {
    if (cannotMount() !== undefined) this.skip();
    disk = await mkdtemp(join(tmpdir(), 'ensemble-disk-'));
    run('mount', '-t', 'tmpfs', '-o', 'size=3m,mode=700', 'tmpfs', disk);
  });
  after(async () => {
    if (disk === undefined) return;
    run('umount', '-l', disk);
    await rm(disk, { recursive: true });
  });
  afterEach(() => rm(join(disk, 'filler'), { force: true }));

  it('under the journal is told of a unit, of its relation and in the log with what makes room', async () => {
    const directory = join(disk, 'journal');
    await mkdir(directory);
    const journal = openJournal(directory);
    try {
      const record = newRecord('f/0', 'f', '2026-01-01T00:00:00Z');
      await journal.write(record);
      fill(disk);
      const failure: unknown = await journal.write({ ...record, message: 'x'.repeat(200_000) }).then(
        () => assert.fail('the disk is full'),
        (error: unknown) => error,
      );
      const told = [
        whyWaiting(failure, 'f').message,
        Object.values(adviseOnFailure(failure, 'f/0')).join('; '),
        adviseOnRelation(failure, 'f/0', 'db:0').message,
        sentence(failure),
      ];
      for (const words of told) {
        assert.doesNotMatch(words, RAW);
        assert.match(words, /the disk is full/);
        assert.ok(words.includes(`make room on the disk of ${directory}`), words);
      }
      assert.equal(wordsOf(failure), `${directory} cannot be used: the disk is full`);
    } finally {
      // It has failed for good, and is not waited for: on a full disk an agent ends by SIGTERM.
      await journal.close();
    }
  });

  it('under the state is told by commands and by the agent, with what makes room', async () => {
    const state = join(disk, 'state');
    const world = await World.open({ state: `embedded:${state}` });
    try {
      await world.deploy(
        await world.publish(1, { config: 'options:\n  text: {type: string, default: ""}\n' }),
      );
      const agent = await world.agentProcess();
      await world.untilOn('world:f-1');
      fill(disk);
      const { code, stderr: said } = await ensemble(
        world,
        'set',
        'f',
        '--no-wait',
        `text=${'x'.repeat(100_000)}`,
      );
      assert.equal(code, 1, said);
      const sentences = said.split('\n').filter((line) => /^ensemble:|^ {2}try:/.test(line));
      assert.doesNotMatch(sentences.join('\n'), RAW);
      assert.match(said, /cannot be reached: the disk is full\n {2}try: make room on the disk of /);
      assert.ok(said.includes(state));
      const logged = JSON.stringify(agent.lines());
      assert.doesNotMatch(logged, RAW);
      await agent.kill();
    } finally {
      await world.close();
    }
  });

  it('anywhere else is told by the place, and what may be a bug stays as it is', () => {
    const refused = (code: string, path?: string): Error =>
      Object.assign(new Error(`${code}: as Node says it`), {
        code,
        syscall: 'open',
        ...(path !== undefined && { path }),
      });
    for (const code of ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENOENT', 'ENOTDIR']) {
      const { message } = adviseOnRelation(refused(code, '/srv/data'), 'f/0', 'db:0');
      assert.doesNotMatch(message, RAW, code);
      assert.match(message, /^\/srv\/data cannot be used: .+; next: .*ensemble resolved --retry f\/0 db:0$/);
    }
    assert.equal(wordsOf(new Error('a bug')), 'a bug');
    assert.equal(
      sentence(refused('ENOSPC', '/srv')),
      '/srv cannot be used: the disk is full; next: make room on the disk of /srv',
    );
    assert.match(sentence(refused('ENOSPC'), true), /^Error: ENOSPC: as Node says it\n {4}at /);
  });
});
