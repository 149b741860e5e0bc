import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, open, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '../../../agent/contract/log.js';
import { gatherLogs, type LogGatherer } from '../../../agent/logs/gather-logs.js';
import { logSegmentsOf } from '../../../agent/logs/segments.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../state/coordination/open.js';
import { type LogLine, readLogs, SEGMENT_SIZE, SEGMENTS_KEPT } from '../../../state/model/logs.js';
import { paths } from '../../../state/model/paths.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';

const silent = openLog(() => undefined, 'json', Date.now, false);

describe('gathering logs', () => {
  let root: string;
  let coordinator: Coordinator;
  let clock: ManualClock;
  let gatherer: LogGatherer;
  let writes: number;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ensemble-logs-'));
    coordinator = await openCoordinator(`embedded:${root}/state`);
    clock = new ManualClock(1_000_000, Date.now());
    gatherer = begin();
    await mkdir(join(root, 'f-0'));
  });
  afterEach(async () => {
    await gatherer.close();
    await coordinator.close();
    await rm(root, { recursive: true, force: true, maxRetries: 10 });
  });

  function begin(secrets: readonly string[] = [], largest?: number): LogGatherer {
    writes = 0;
    const segments = logSegmentsOf(coordinator, 'm0');
    const counted = {
      append: (lines: readonly LogLine[]) => {
        writes += 1;
        return segments.append(lines);
      },
    };
    return gatherLogs(counted, join(root, 'marks.json'), {
      clock,
      log: silent,
      secrets,
      ...(largest !== undefined && { largest }),
    });
  }

  const file = (unit = 'f-0'): string => join(root, unit, 'hooks.log');
  const write = (text: string, unit = 'f-0'): Promise<void> => appendFile(file(unit), text);
  const gathered = async (): Promise<readonly LogLine[]> => (await readLogs(coordinator, 'm0')).lines;

  /** A hook prints and is over. */
  async function hook(name: string, text: string, unit = 'f/0'): Promise<void> {
    const log = file(unit.replace('/', '-'));
    const offset = (await stat(log).catch(() => undefined))?.size ?? 0;
    gatherer.began(unit, log, name, offset);
    await appendFile(log, text);
    gatherer.ended(unit);
  }

  /** Lets time pass until `check` holds. */
  const passing = (check: (lines: readonly LogLine[]) => void): Promise<void> =>
    eventually(async () => {
      clock.advance(1_000);
      check(await gathered());
    });

  it('knows the hook, the level and the time of each line', async () => {
    await hook('install', 'one\n2026-01-01T00:00:00.000Z WARNING two\nthree\n');
    await hook('start', 'four\n');
    await passing((lines) =>
      assert.deepEqual(
        lines.map(({ unit, hook, level, message }) => [unit, hook, level, message]),
        [
          ['f/0', 'install', 'INFO', 'one'],
          ['f/0', 'install', 'WARNING', 'two'],
          ['f/0', 'install', 'INFO', 'three'],
          ['f/0', 'start', 'INFO', 'four'],
        ],
      ),
    );
    const times = (await gathered()).map(({ time }) => time);
    assert.deepEqual(times, [...times].sort(), 'a line is no later than the one after it');
    assert.equal(
      times[0],
      '2026-01-01T00:00:00.000Z',
      'what was printed before a known time was not after it',
    );
  });

  it('gathers what comes together into one write, of many units too', async () => {
    for (let unit = 1; unit <= 50; unit += 1) await mkdir(join(root, `f-${unit}`));
    for (let unit = 1; unit <= 50; unit += 1) await hook('start', `hello\nagain\n`, `f/${unit}`);
    await passing((lines) => assert.equal(lines.length, 100));
    assert.equal(writes, 1);
  });

  it('writes nothing while nothing is logged', async () => {
    await hook('start', 'hello\n');
    await passing((lines) => assert.equal(lines.length, 1));
    const before = await coordinator.get(paths.logSegment('m0', 1));
    for (let minute = 0; minute < 60; minute += 1) {
      clock.advance(60_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(await coordinator.get(paths.logSegment('m0', 1)), before);
    assert.equal(writes, 1);
  });

  it('sees what a service prints that a hook left running', async () => {
    await hook('start', 'hello\n');
    await passing((lines) => assert.equal(lines.length, 1));
    await write('from the service\n');
    await passing((lines) => assert.equal(lines.at(-1)?.message, 'from the service'));
  });

  it('waits for the end of a line, but not for ever', async () => {
    await hook('start', 'hal');
    clock.advance(100);
    await write('lo\nno end');
    await passing((lines) =>
      assert.deepEqual(
        lines.map(({ message }) => message),
        ['hallo', 'no end'],
      ),
    );
  });

  it('goes on after a restart where it was, with what was printed meanwhile', async () => {
    await hook('start', 'before\n');
    await passing((lines) => assert.equal(lines.length, 1));
    await gatherer.close();
    await write('meanwhile\n');
    gatherer = begin();
    await gatherer.attend('f/0', file());
    await passing((lines) =>
      assert.deepEqual(
        lines.map(({ message }) => message),
        ['before', 'meanwhile'],
      ),
    );
  });

  it('is bounded while something prints, whose lines go on being gathered', async () => {
    await gatherer.close();
    gatherer = begin([], 1_000);
    // As a process that a hook left running has it open.
    const child = await open(file(), 'a');
    await hook('start', 'begun\n');
    let printed = 0;
    const print = async (lines: number): Promise<void> => {
      for (let each = 0; each < lines; each += 1) {
        printed += 1;
        await child.write(`line ${printed} ${'x'.repeat(80)}\n`);
      }
    };
    for (let round = 0; round < 10; round += 1) {
      await print(20);
      await passing((lines) => assert.match(lines.at(-1)?.message ?? '', new RegExp(`^line ${printed} `)));
      await eventually(async () => {
        assert.ok((await stat(file())).size <= 1_000, 'it is emptied once it was gathered');
        assert.ok((await stat(`${file()}.1`)).size <= 1_000, 'and its last part is kept');
      });
    }
    const lines = await gathered();
    assert.equal(lines.length, 1 + printed, 'every line, once');
    assert.ok(lines.every((line) => line.hook === 'start'));
    await child.close();
  });

  it('is bounded while it cannot be gathered, and what is lost is told', async () => {
    await gatherer.close();
    let refused = true;
    const taken: LogLine[] = [];
    const append = async (lines: readonly LogLine[]): Promise<void> => {
      if (refused) throw new Error('nobody answers');
      taken.push(...lines);
    };
    const marks = join(root, 'marks.json');
    gatherer = gatherLogs({ append }, marks, { clock, log: silent, secrets: [], largest: 1_000 });
    await hook('start', `${'x'.repeat(99)}\n`.repeat(30));
    await eventually(async () => {
      clock.advance(1_000);
      assert.equal((await stat(file())).size, 0);
    });
    refused = false;
    await appendFile(file(), 'after\n');
    await eventually(async () => {
      clock.advance(1_000);
      assert.deepEqual(
        taken.map(({ message }) => message),
        [`3000 bytes are left out here; they are in ${file()} on the unit's machine`, 'after'],
      );
    });
  });

  it('goes on for others where a hook put something else in the place of its log', async () => {
    await mkdir(join(root, 'g-0'));
    await hook('start', 'before\n');
    await passing((lines) => assert.equal(lines.at(-1)?.message, 'before'));
    await rm(file());
    await symlink('hooks.log', file());
    gatherer.ended('f/0');
    await hook('start', 'of another\n', 'g/0');
    await passing((lines) => assert.equal(lines.at(-1)?.message, 'of another'));
  });

  it('passes nothing over when the log is moved away', async () => {
    await hook('start', 'before\n');
    await passing((lines) => assert.equal(lines.length, 1));
    await write('late\n');
    await rename(file(), `${file()}.1`);
    await writeFile(file(), '');
    await hook('stop', 'after\n');
    await passing((lines) =>
      assert.deepEqual(
        lines.map(({ hook, message }) => [hook, message]),
        [
          ['start', 'before'],
          ['start', 'late'],
          ['stop', 'after'],
        ],
      ),
    );
  });

  it('skips the oldest of what is too much, and says how much that is', async () => {
    const text = `${'x'.repeat(99)}\n`.repeat(5_000);
    await hook('start', text);
    await passing((lines) => assert.equal(lines.at(-1)?.message, 'x'.repeat(99)));
    await eventually(async () => {
      clock.advance(1_000);
      const lines = await gathered();
      const note = lines.find(({ level }) => level === 'WARNING');
      assert.match(
        note?.message ?? '',
        /^237856 bytes are left out here; they are in .*hooks\.log on the unit/,
      );
      const bytes = lines
        .filter((line) => line !== note)
        .reduce((sum, { message }) => sum + message.length + 1, 0);
      assert.equal(bytes, 262_144);
    });
  });

  it('keeps the last segments only, none of them larger than it may be', async () => {
    for (let round = 0; round < 30; round += 1) {
      await hook('start', `${`${round} ${'x'.repeat(500)}`}\n`.repeat(200));
      const last = `${round} ${'x'.repeat(500)}`;
      await passing((lines) => assert.equal(lines.filter(({ message }) => message === last).length, 200));
    }
    const children = (await coordinator.children(paths.machineLogs('m0'))) ?? [];
    assert.equal(children.length, SEGMENTS_KEPT);
    assert.ok(!children.includes('0000000001'));
    for (const name of children) {
      const node = await coordinator.get(`${paths.machineLogs('m0')}/${name}`);
      assert.ok(Buffer.byteLength(node?.value ?? '') <= SEGMENT_SIZE + 100);
    }
    assert.equal((await gathered()).at(-1)?.message, `29 ${'x'.repeat(500)}`);
  });

  it('shows no secret', async () => {
    await gatherer.close();
    gatherer = begin(['hunter2']);
    await hook('start', 'it is hunter2 indeed\n');
    await passing((lines) => assert.equal(lines[0]?.message, 'it is [secret] indeed'));
  });
});
