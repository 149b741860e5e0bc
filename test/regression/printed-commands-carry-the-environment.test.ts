import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { Stage } from '../remedies/stage.js';
import { commandsIn } from '../walk/printed-commands.js';

const CONFIG = 'options:\n  title: {type: string, default: a}\n';
const REFUSES = '[ "$(config-get title)" != bad ] || { echo no such title >&2; exit 3; }';

/** Whoever copied what `ensemble -e production status` named acted on the default environment. */
describe('a command that is printed goes to the environment that was chosen', () => {
  let stage: Stage;
  let history: string;

  /** Two environments with a service of the same name: `other`, the default, and `world`, whose unit has an agent. */
  before(async () => {
    stage = await Stage.open();
    const { world } = stage;
    await writeFile(
      world.path('environments.yaml'),
      `default: other\nenvironments:\n  other:\n    state: embedded:./other/state\n    storage: file:./other/storage\n  world:\n    state: ${world.state}\n    storage: ${world.storage}\n`,
    );
    await world.publish(1, { config: CONFIG, hooks: { 'config-changed': REFUSES } });
    await world.agent();
    await stage.ok('ensemble bootstrap');
    await stage.ok('ensemble deploy --no-wait --repository world f');
    await stage.ok('ensemble deploy -e world --repository world f');
    history = await stage.ok('ensemble history --format json');
  });
  after(() => stage.close());

  const assertUntouched = async (): Promise<void> =>
    assert.equal(await stage.ok('ensemble history --format json'), history);

  const next = (text: string): readonly string[] => text.split('\n').flatMap(commandsIn);

  it('by who follows, and by status, for the error of a unit', async () => {
    const followed = await stage.fails('ensemble -e world set f title=bad', /config-error/);
    assert.deepEqual(next(followed).slice(-3), [
      'ensemble debug-log -e world -i f/0',
      'ensemble resolved -e world --retry f/0',
      'ensemble set -e world --undo f',
    ]);
    const shown = next(await stage.ok('ensemble -e world status'));
    const retry = 'ensemble resolved -e world --retry f/0';
    assert.ok(shown.includes(retry), shown.join('\n'));
    for (const command of shown) assert.match(command, / -e world\b/);
    const { services } = JSON.parse(await stage.ok('ensemble -e world status --format json'));
    assert.ok(services.f.units['f/0'].next.includes(retry), 'and so in JSON');
    const before = (await stage.world.unit()).status.since;
    await stage.ok(retry);
    await stage.world.until('config-error');
    await assertUntouched();
    assert.ok((await stage.world.unit()).status.since >= before);
    await stage.ok('ensemble set -e world --undo f');
    await stage.world.until('started');
    await assertUntouched();
  });

  it('by URLs, as it was chosen', async () => {
    const { state, storage } = stage.world;
    const choice = `--state ${state} --storage '${storage}'`;
    const said = await stage.fails(`ensemble ${choice} remove-unit f/7`, /does not exist/);
    assert.deepEqual(next(said), [`ensemble status ${choice}`]);
    assert.match(await stage.ok(next(said)[0] ?? ''), /^f\/0 +started/m);
  });

  it('by an error before the environment is asked, and by notices', async () => {
    const misused = await stage.fails('ensemble -e world deploy ./world/f-1', /is deployed with/);
    assert.ok(next(misused).includes('ensemble deploy -e world --repository ./world f-1'), misused);
    assert.deepEqual(next(await stage.ok('ensemble -e world cordon m0')), ['ensemble uncordon -e world m0']);
    await stage.ok('ensemble uncordon -e world m0');
  });

  it('by the log of an agent that was started with it', async () => {
    const { world } = stage;
    for (const [name, start] of [
      ['chosen', { options: ['-e', 'world'] }],
      ['by-variable', { variables: { ENSEMBLE_ENV: 'world' } }],
    ] as const) {
      const agent = await world.agentProcess(name, start);
      await stage.ok(`ensemble deploy -e world --no-wait --machine ${name} --repository world f-1 ${name}`);
      await world.until('started', `${name}/0`);
      await stage.fails(`ensemble -e world set ${name} title=bad`, /config-error/);
      // It is written together with what comes within a moment.
      await agent.logged('no such title');
      const failed = agent.lines().find(({ message }) => message.includes('no such title'));
      assert.deepEqual(next(failed?.message ?? ''), [
        `ensemble debug-log -e world -i ${name}/0`,
        `ensemble resolved -e world --retry ${name}/0`,
      ]);
    }
  });

  it('and to the default where none was, or where the shell says which', async () => {
    const { shell } = stage;
    assert.deepEqual(next(await stage.fails('ensemble remove-unit f/7', /does not exist/)), [
      'ensemble status',
    ]);
    const { stderr } = await shell.call(stage, 'ENSEMBLE_ENV=world ensemble remove-unit f/7');
    assert.deepEqual(next(stderr), ['ensemble status']);
  });

  it('and nowhere where there is no such environment', async () => {
    const home = stage.world.path('nowhere');
    const { stderr } = await stage.shell(`ENSEMBLE_HOME='${home}' ensemble -e production status`);
    assert.match(stderr, /no environments yet/);
    assert.deepEqual(next(stderr), ['ensemble bootstrap']);
  });
});
