import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EnsembleError } from '../../state/platform/errors.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { filesUnder, projectDirectory, textOf } from '../docs/project.js';
import { eventually } from '../eventually.js';
import { agentRows } from './agent-rows.js';
import { commandLineRows } from './command-line-rows.js';
import { diskRows } from './disk-rows.js';
import { formulaRows } from './formula-rows.js';
import { holdRows } from './hold-rows.js';
import { rolloutRows } from './rollout-rows.js';
import { handRows } from './hand-rows.js';
import { hostRows } from './host-rows.js';
import { layoutRows } from './layout-rows.js';
import { newerRows } from './newer-rows.js';
import { obstacleRows } from './obstacle-rows.js';
import { raceRows } from './race-rows.js';
import { relationRows } from './relation-rows.js';
import { s3Rows } from './s3-rows.js';
import { slowRows } from './slow-rows.js';
import { tryRows } from './stage.js';
import { toolRows } from './tool-rows.js';
import { trustRows } from './trust-rows.js';
import { unitRows } from './unit-rows.js';
import { watcherRows } from './watcher-rows.js';
import { unrun } from './unrun.js';

const rows = [
  ...commandLineRows,
  ...formulaRows,
  ...unitRows,
  ...watcherRows,
  ...agentRows,
  ...relationRows,
  ...toolRows,
  ...obstacleRows,
  ...holdRows,
  ...rolloutRows,
  ...trustRows,
  ...layoutRows,
];
/** What files of tests of their own run. */
const ownRows = [...diskRows, ...handRows, ...hostRows, ...newerRows, ...raceRows, ...slowRows, ...s3Rows];
const [one, two, three] = ['world:f-1', 'world:f-2', 'world:f-3'] as const;

/** The codes of all classes of errors, as the docs of errors collect them. */
async function codes(): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const room of ['cli', 'control', 'agent', 'hooks', 'state', 'watcher'])
    for (const file of filesUnder(`dist/${room}`)) {
      if (!/(^|\/|-)errors\.js$/.test(file)) continue;
      const path = pathToFileURL(join(projectDirectory, 'dist', room, file)).href;
      const exported: Record<string, unknown> = await import(path);
      for (const value of Object.values(exported))
        if (
          typeof value === 'function' &&
          value.prototype instanceof EnsembleError &&
          value !== EnsembleError
        )
          found.add(String(Reflect.get(value, 'code')));
    }
  return [...found].sort();
}

describe('the table of remedies', () => {
  const tried = new Set([...rows, ...ownRows].map(({ code }) => code));

  it('has rows for each error, or says why it has none, and knows no other error', async () => {
    assert.deepEqual([...tried, ...Object.keys(unrun)].sort(), await codes());
  });

  it('says of each that is not tried why not: of that one, and of no other', () => {
    const reasons = new Map<string, string>();
    for (const [code, row] of Object.entries(unrun)) {
      if ('test' in row) {
        assert.ok(existsSync(join(projectDirectory, row.test)), `${code}: there is no ${row.test}`);
        assert.ok(textOf(row.test).includes(row.says), `${code}: ${row.test} does not say ${row.says}`);
      } else {
        assert.ok(row.why.length > 30, code);
        assert.equal(reasons.get(row.why), undefined, code);
        reasons.set(row.why, code);
      }
    }
  });

  it('makes each situation once', () => {
    const titles = [...rows, ...ownRows].map(({ code, by }) => `${code}: ${by}`);
    assert.equal(new Set(titles).size, titles.length);
  });
});

describe('a remedy that an error names', function () {
  this.timeout(120_000);
  tryRows(rows);
});

/** Each situation is made, its printed words are taken, the command in them is run as it stands, and it must be over. */
describe('a remedy that an upgrade names', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** Runs the command that a text names. */
  async function follow(text: string, command: RegExp): Promise<string> {
    const [words] = command.exec(text) ?? [];
    assert.ok(words, `${text} names ${command}`);
    const { code, stderr } = await ensemble(world, ...words.split(' ').slice(1));
    assert.equal(code, 0, `${words}: ${stderr}`);
    return stderr;
  }

  const runs = async (): Promise<void> => {
    await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
  };

  it('an upgrade hook that failed, where a newer revision waits: --force, which is named first', async () => {
    await world.publish(1);
    await world.publish(2, { hooks: { 'upgrade-formula': 'exit 1' } });
    await runs();
    await world.upgrade(two);
    await world.until('upgrade-error');
    await world.publish(3);
    const { code, stderr } = await ensemble(world, 'upgrade-formula', 'f');
    assert.equal(code, 1);
    assert.match(stderr, /its upgrade waits until: ensemble upgrade-formula --force --revision 3 f, or/);
    const next = await eventually(async () => {
      const found = (await world.unit()).status.next ?? '';
      assert.match(found, /^ensemble upgrade-formula --revision 3 --force f \(takes it to world:f-3\), or /);
      return found;
    });
    await follow(next, /ensemble upgrade-formula --revision 3 --force f/);
    await world.untilOn(three);
    assert.equal((await world.trace()).filter((line) => line === 'upgrade-formula 2').length, 1);
  });

  it('an upgrade hook that failed: --force with that same revision runs it again', async () => {
    await world.publish(1);
    await world.publish(2, { hooks: { 'upgrade-formula': 'test -e "$TRACE/gate-mended"' } });
    await runs();
    await world.upgrade(two);
    await world.until('upgrade-error');
    const failed = await ensemble(world, 'upgrade-formula', '--force', 'f');
    assert.equal(failed.code, 1, 'it fails once more, and says so');
    assert.equal((await world.trace()).filter((line) => line === 'upgrade-formula 2').length, 2);
    await world.openGate('mended');
    await follow('ensemble upgrade-formula --force f', /.*/);
    await world.untilOn(two);
  });

  it('all units went back: the second upgrade-formula fails, and --force goes there', async () => {
    await world.publish(1);
    await runs();
    await world.publish(2, { hooks: { 'upgrade-formula': 'test -e "$TRACE/gate-mended"' } });
    assert.equal((await ensemble(world, 'upgrade-formula', '--revert-on-error', 'f')).code, 1);
    await world.untilOn(one);
    const { code, stderr } = await ensemble(world, 'upgrade-formula', 'f');
    assert.equal(code, 1);
    assert.match(stderr, /f is set to world:f-2, but f\/0 went back from it: nothing was upgraded/);
    assert.doesNotMatch(stderr, /already runs/);
    await world.openGate('mended');
    await follow(stderr, /ensemble upgrade-formula --force --revision 2 f/);
    await world.untilOn(two);
  });
});
