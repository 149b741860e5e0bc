import assert from 'node:assert/strict';
import { rolloutVerbs } from '../../control/rollout/verbs.js';
import { type CommandEnd, ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { sectionOf, textOf } from './project.js';

/** The commands of the page's table, by their verb, for the service `f`. */
const typed: ReadonlyMap<string, readonly string[]> = new Map(
  [
    ...sectionOf(textOf('docs/operators.md'), 'Rollouts').matchAll(/\| `ensemble (rollout (\w+) .*?)` \|/g),
  ].map(([, words = '', verb = '']) => [
    verb,
    (words.match(/'[^']*'|\S+/g) ?? []).map((word) =>
      word === 'guestbook' ? 'f' : word.replaceAll("'", ''),
    ),
  ]),
);

describe('the verbs that the page on rollouts shows', function () {
  this.timeout(120_000);
  let world: World;
  let revision: number;

  beforeEach(async () => {
    world = await World.open();
    await world.writeFormula(1);
    await world.agent();
    await ok('deploy', '--repository', 'world', '-n', '2', 'f');
    revision = 1;
  });
  afterEach(() => world.close());

  async function ok(...args: readonly string[]): Promise<CommandEnd> {
    const end = await ensemble(world, ...args);
    assert.equal(end.code, 0, `${args.join(' ')}: ${end.stderr}`);
    return end;
  }

  /** Types the page's command. @returns what it printed */
  async function types(verb: string): Promise<string> {
    return (await ok(...(typed.get(verb) ?? []))).stdout;
  }

  async function upgrade(hook: string, ...options: readonly string[]): Promise<CommandEnd> {
    revision += 1;
    await world.writeFormula(revision, { hooks: { 'upgrade-formula': hook } });
    return ensemble(world, 'upgrade-formula', ...options, 'f');
  }

  async function stands(state: string, ...formulas: readonly number[]): Promise<void> {
    const shown = JSON.parse((await ok('rollout', 'status', '--format', 'json', 'f')).stdout);
    const units: readonly { readonly formula: string }[] = Object.values(shown.units);
    assert.deepEqual(
      [shown.state, ...units.map(({ formula }) => formula)],
      [state, ...formulas.map((each) => `world:f-${each}`)],
    );
  }

  it('are all that there are', () => {
    assert.deepEqual(
      [...typed.keys()].toSorted(),
      [...rolloutVerbs, 'history', 'status', 'watch'].toSorted(),
    );
  });

  it('show, promote, have go back and abort one with a canary', async () => {
    assert.equal((await upgrade('', '--canary', '1')).code, 0);
    assert.match(await types('status'), /paused since .*: the canary is healthy/);
    await stands('paused', 1, 2);
    await types('promote');
    await stands('done', 2, 2);
    await upgrade('', '--canary', '1');
    await types('revert');
    await stands('done', 2, 2);
    await upgrade('', '--canary', '1');
    await types('abort');
    await stands('aborted', 2, 4);
    assert.match(await types('history'), /abort/);
  });

  it('pause, resume, follow and try again one that takes its units one by one', async () => {
    await upgrade('gate go', '--no-wait', '--max-parallel', '1');
    await eventually(async () => assert.equal((await world.unit('f/1')).status.state, 'upgrading'));
    await types('pause');
    await world.openGate('go');
    await world.untilOn('world:f-2', 'f/1');
    assert.match(await types('status'), /paused since .*: the disks are full/);
    await types('resume');
    await stands('done', 2, 2);
    const failed = await upgrade('[ -e "$TRACE/gate-mended" ] || exit 3', '--max-parallel', '1');
    assert.equal(failed.code, 1);
    await stands('failed', 2, 2);
    await world.openGate('mended');
    await types('retry');
    await types('watch');
    await stands('done', 3, 3);
  });
});
