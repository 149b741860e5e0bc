import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '../../agent/contract/log.js';
import { gatherLogs } from '../../agent/logs/gather-logs.js';
import { readLogs } from '../../state/model/logs.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';

const silent = openLog(() => undefined, 'json', Date.now, false);

describe('the log of a unit that is removed', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('is gathered to its last word before it goes, as it was printed, and then is nobody’s to remember', async () => {
    const one = await world.publish(1, {
      hooks: { stop: 'printf "  name    size\\n\\ttotal\\n  bye,  without an end"' },
    });
    await world.agent();
    await world.deploy(one, 2);
    await world.untilOn(one, 'f/0');
    await world.untilOn(one, 'f/1');
    await requestRemoval(world.coordinator, ['f/0'], requester);
    await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
    const { lines } = await readLogs(world.coordinator, 'm0');
    const last = ['  name    size', '\ttotal', '  bye,  without an end'];
    assert.deepEqual(
      lines.filter(({ hook }) => hook === 'stop').map(({ message }) => message),
      last,
    );
    const { stdout } = await ensemble(world, 'debug-log', '-i', 'f/0', '-n', '3');
    assert.deepEqual(
      stdout.split('\n').map((line) => line.replace(/^.* INFO: /, '')),
      [...last, ''],
    );
    await eventually(async () => {
      const marks = await readFile(world.path('machines', 'm0', 'log-marks.json'), 'utf8');
      assert.deepEqual(Object.keys(JSON.parse(marks)), ['f/1']);
    });
  });
});

describe('the marks of logs', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ensemble-logs-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 10 }));

  it('are kept for the next agent, where this one lets go of its units while it gathers', async () => {
    const clock = new ManualClock(1_000_000, Date.now());
    let written: (() => void) | undefined;
    const append = (): Promise<void> => new Promise((resolve) => (written = resolve));
    const gatherer = gatherLogs({ append }, join(root, 'marks.json'), { clock, log: silent, secrets: [] });
    const log = join(root, 'hooks.log');
    await writeFile(log, 'hello\n');
    gatherer.began('f/0', log, 'start', 0);
    await eventually(() => {
      clock.advance(1_000);
      assert.ok(written, 'the line is being written');
    });
    gatherer.forget('f/0');
    const closing = gatherer.close();
    written?.();
    await closing;
    const marks = JSON.parse(await readFile(join(root, 'marks.json'), 'utf8'));
    assert.equal(marks['f/0'].offset, 6);
  });
});
