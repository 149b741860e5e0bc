import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { readUnitHistory } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { sendSignal } from '../../hooks/process/process-table.js';
import { findProcess } from '../../state/platform/process-stat.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const ONE = 'world:f-1';

/** Starts what outlives its hook and notes its pid; `secret-word` must be said nowhere. */
const leaving = `own=\${ENSEMBLE_UNIT_NAME%/*}
sh -c 'while :; do sleep 300; done' secret-word >/dev/null 2>&1 & echo $! >"$TRACE/plain-$own"
(cd / && exec env -i sleep 301 >/dev/null 2>&1) & echo $! >"$TRACE/bare-$own"
echo 'while :; do sleep 302; done' >"$ENSEMBLE_DATA_DIR/server.sh"
(cd "$ENSEMBLE_DATA_DIR" && exec env -i /usr/bin/setsid /bin/sh server.sh >/dev/null 2>&1) & echo $! >"$TRACE/there-$own"`;

function childrenOf(pid: number): readonly number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

interface Named {
  readonly pid: number;
  readonly command: string;
}

function namedIn(entry: HistoryEntry | undefined): readonly Named[] {
  const { leftRunning = [] } = (entry?.details ?? {}) as { readonly leftRunning?: readonly Named[] };
  return leftRunning;
}

describe('processes that a removed unit leaves', function () {
  this.timeout(120_000);
  let world: World;
  const pids: number[] = [];
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(async () => {
    // Children first: they would outlive the others.
    for (const pid of pids.splice(0).flatMap((parent) => [...childrenOf(parent), parent]))
      sendSignal(pid, 'SIGKILL');
    await world.close();
  });

  async function removed(stop: string): Promise<void> {
    await world.publish(1, { hooks: { start: leaving, stop } });
    await world.agent();
    await world.deploy(ONE, 1, 'g');
    await world.deploy(ONE);
    await world.untilOn(ONE, 'g/0');
    await world.untilOn(ONE);
    for (const service of ['g', 'f'])
      for (const name of ['plain', 'bare', 'there'])
        pids.push(Number(await world.text(`${name}-${service}`)));
    await requestRemoval(world.coordinator, ['f/0'], requester);
    await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
  }

  it('are named where they do not end, in the log, in debug-log and in the history, with what ends them', async () => {
    await removed('');
    const own = pids.slice(3);
    const [entry] = (await readUnitHistory(world.coordinator, 'f/0')).slice(-1);
    const commands = new Map(namedIn(entry).map(({ pid, command }) => [pid, command]));
    for (const pid of own) assert.ok(commands.has(pid), `${pid} of ${JSON.stringify(entry)}`);
    for (const pid of pids.slice(0, 3)) assert.ok(!commands.has(pid), 'none of another unit');
    assert.equal(commands.get(own[2] ?? 0), 'sh server.sh');
    assert.match(entry?.message ?? '', /^it leaves running: \d+ /);
    const [line] = world.log.filter(
      ({ level, unit, message }) => level === 'warning' && unit === 'f/0' && /leaves running/.test(message),
    );
    assert.ok(line);
    const said = await eventually(async () => {
      const { stdout } = await ensemble(world, 'debug-log', '-i', 'f/0', '-l', 'WARNING');
      assert.match(
        stdout,
        /f\/0 remove WARNING: it leaves running: \d+ .*; on m0, to end that: kill [\d ]+\n/,
      );
      return stdout;
    });
    for (const text of [said, line.message, JSON.stringify(entry)]) assert.doesNotMatch(text, /secret-word/);
    const [, command = ''] = /: (kill [\d ]+)$/.exec(line.message) ?? [];
    execFileSync('/bin/sh', ['-c', command]);
    await eventually(() => assert.ok(own.every((pid) => findProcess(pid) === undefined)));
    assert.ok(pids.slice(0, 3).every((pid) => findProcess(pid) !== undefined));
  });

  it('are not named where stop ends them, also where that takes a moment', async () => {
    await removed(
      `sleep 0.2; for name in plain bare there; do pid=$(cat "$TRACE/$name-f"); kill $pid $(pgrep -P $pid); done; exit 0`,
    );
    const [entry] = (await readUnitHistory(world.coordinator, 'f/0')).slice(-1);
    assert.deepEqual(namedIn(entry), []);
    assert.deepEqual(
      world.log.filter(({ message }) => /leaves running/.test(message)),
      [],
    );
  });
});
