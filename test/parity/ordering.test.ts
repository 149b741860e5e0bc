import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { orderRows } from './rows.js';
import { Stage } from './stage.js';
import { stateRows } from './state-rows.js';

const EVENTS = ['joined', 'changed', 'departed', 'broken'];

/** Notes the event and who is there, and in `watch/0` waits where it is told to. */
const NOTING = `list=$(relation-list | tr "\\n" " ")
event="\${ENSEMBLE_HOOK#cli-relation-} $ENSEMBLE_REMOTE_UNIT"
echo "begin" >>"$me.turns"
echo "$event" >>"$me.events"
echo "$event: $list" >>"$me.members"
if [ "$ENSEMBLE_UNIT_NAME $event" = "watch/0 changed peer/0" ] && [ -e "$T/hold" ]; then
  while [ ! -e "$T/go" ] && [ -d "$T" ]; do sleep 0.02; done
fi
echo "end" >>"$me.turns"`;

for (const engines of [embedded, zookeeper()])
  describe(`the order of events in a relation, row by row, on ${engines.name}`, function () {
    this.timeout(240_000);
    let stage: Stage;
    /** What `watch/0` was told: on the return of its agent, and while and after its hook was held. */
    let returned: readonly string[];
    let told: readonly string[];

    /**
     * Two units of `watch` follow those of `peer`. A hook of `watch/0` is held while much happens to `peer`; `watch/1`
     * is not, and shows that its agent has seen each thing by itself.
     */
    before(async () => {
      await engines.start();
      stage = await Stage.open(engines);
      await stage.formula('watch', {
        metadata: 'requires: {cli: thing}\n',
        hooks: Object.fromEntries(EVENTS.map((event) => [`cli-relation-${event}`, NOTING])),
      });
      await stage.formula('peer', {
        metadata: 'provides: {srv: thing}\n',
        hooks: { 'srv-relation-departed': '[ "$ENSEMBLE_UNIT_NAME" != peer/4 ] || relation-set last=words' },
      });
      await stage.world.agentProcess('m0');
      const watching = await stage.world.agentProcess('m1');
      const away = await stage.world.agentProcess('m2');
      await stage.deploy('-n', '3', '--machine', 'm0', 'peer');
      await stage.does('add-unit', '--machine', 'm2', 'peer');
      await stage.does('add-unit', '--machine', 'm0', 'peer');
      await stage.deploy('-n', '2', '--machine', 'm1', 'watch');
      await stage.does('add-relation', 'watch', 'peer');
      const events = (unit: string): Promise<readonly string[]> => stage.told(`watch/${unit}.events`);
      const toldSoMany = (unit: string, count: number): Promise<void> =>
        eventually(async () => assert.equal((await events(unit)).length, count), 60_000);
      for (const unit of ['0', '1']) await toldSoMany(unit, 10);

      await watching.kill('SIGTERM');
      await set('peer/4', 'away=1');
      await stage.does('add-unit', '-n', '7', '--machine', 'm0', 'peer');
      await stage.world.agentProcess('m1');
      for (const unit of ['0', '1']) await toldSoMany(unit, 10 + 15);
      returned = (await stage.told('watch/0.members')).slice(10);

      await stage.touch('hold');
      const seen = async (what: string, cause: () => Promise<unknown>): Promise<void> => {
        const { length } = await events('1');
        await cause();
        await eventually(
          async () => assert.ok((await events('1')).slice(length).includes(what), what),
          60_000,
        );
      };
      await seen('changed peer/0', () => set('peer/0', 'n=1'));
      await eventually(async () => assert.equal((await events('0')).at(-1), 'changed peer/0'), 60_000);
      await seen('changed peer/0', () => set('peer/0', 'n=2'));
      await seen('departed peer/3', async () => {
        await away.kill();
        // As when its session runs out.
        await stage.world.coordinator.remove(paths.member(paths.meeting('0'), 'peer/3'));
      });
      await seen('changed peer/2', () => set('peer/2', 'n=1'));
      await seen('changed peer/1', () => set('peer/1', 'n=1'));
      await seen('changed peer/1', () => set('peer/1', 'n=2'));
      await seen('joined peer/12', () => stage.does('add-unit', '--machine', 'm0', 'peer'));
      await seen('changed peer/12', () => set('peer/12', 'n=1'));
      await seen('departed peer/2', () => stage.does('remove-unit', 'peer/2'));
      await seen('joined peer/13', () => stage.does('add-unit', '--machine', 'm0', 'peer'));
      // Its own hooks for this go on to set something.
      await seen('departed peer/4', () => stage.does('remove-unit', 'peer/4'));
      await seen('departed peer/13', () => stage.does('remove-unit', 'peer/13'));
      await seen('joined peer/3', () => stage.world.agentProcess('m2'));
      await stage.touch('go');
      await eventually(async () => assert.equal((await events('0')).at(-1), 'changed peer/3'), 60_000);
      told = (await stage.told('watch/0.members')).slice(25);
    });
    after(async () => {
      await stage.close();
      await engines.stop();
    });

    const set = (unit: string, setting: string): Promise<string> =>
      stage.does('run', unit, '--', 'relation-set', '-r', 'srv', setting);
    /** What `watch/0` was told of a unit, and after which other event. */
    const about = (unit: string): readonly string[] =>
      told.map((line) => line.split(':', 1)[0] ?? '').filter((event) => event.endsWith(` ${unit}`));
    const eventBefore = (event: string): string | undefined =>
      told[told.findIndex((line) => line.startsWith(`${event}:`)) - 1]?.split(':', 1)[0];
    const members = (...numbers: readonly number[]): string =>
      numbers.map((number) => `peer/${number} `).join('');

    stateRows(orderRows, {
      'who comes is told joined and at once changed, in the order of units': async () => {
        const came = returned
          .map((line) => line.split(':', 1)[0])
          .filter((event) => event !== 'changed peer/4');
        assert.deepEqual(
          came,
          [5, 6, 7, 8, 9, 10, 11].flatMap((number) => [`joined peer/${number}`, `changed peer/${number}`]),
        );
      },
      'what changed while the agent was down is told when it is back': async () =>
        assert.equal(returned.filter((line) => line.startsWith('changed peer/4:')).length, 1),
      'each event carries the members as of its moment': async () => {
        assert.equal(returned[0], `joined peer/5: ${members(0, 1, 2, 3, 4, 5)}`);
        assert.ok(returned.includes(`changed peer/10: ${members(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)}`));
        const there = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        assert.equal(told[0], `changed peer/0: ${members(...there)}`);
        const without = there.filter((number) => number !== 2);
        assert.ok(told.includes(`departed peer/2: ${members(...without, 12)}`));
      },
      'the event that runs is merged with nothing': async () =>
        assert.deepEqual(about('peer/0'), ['changed peer/0', 'changed peer/0']),
      'joined, then changed: joined stays, in its place': async () => {
        assert.deepEqual(about('peer/12'), ['joined peer/12', 'changed peer/12']);
        assert.equal(eventBefore('joined peer/12'), 'changed peer/1');
      },
      'joined, then departed: both vanish, and from later members too': async () => {
        assert.deepEqual(about('peer/13'), []);
        assert.ok(told.every((line) => !line.includes('peer/13')));
      },
      'changed, then changed: the first stays, in its place': async () => {
        assert.deepEqual(about('peer/1'), ['changed peer/1']);
        assert.equal(eventBefore('changed peer/1'), 'changed peer/0');
      },
      'changed, then departed: departed, at the end': async () => {
        assert.deepEqual(about('peer/2'), ['departed peer/2']);
        assert.equal(eventBefore('departed peer/2'), 'changed peer/12');
      },
      'departed, then joined: changed, at the end': async () => {
        assert.deepEqual(about('peer/3'), ['changed peer/3']);
        assert.equal(eventBefore('changed peer/3'), 'departed peer/4');
      },
      'departed, then changed: departed stays': async () => {
        assert.deepEqual(about('peer/4'), ['departed peer/4']);
        assert.equal(eventBefore('departed peer/4'), 'departed peer/2');
      },
      'hooks of one unit never overlap': async () => {
        const turns = await stage.told('watch/0.turns');
        assert.ok(turns.length > 60);
        assert.ok(turns.every((turn, at) => turn === (at % 2 === 0 ? 'begin' : 'end')));
      },
    });
  });
