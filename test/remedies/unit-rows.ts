import assert from 'node:assert/strict';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AgentOptions } from '../../agent/options.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { fileDigest } from '../../state/storage/digest.js';
import { bundleKey } from '../../state/storage/key.js';
import { eventually } from '../eventually.js';
import { putPipeInPlaceOf } from '../servers/hung-directory.js';
import type { Row, Stage } from './stage.js';

const one = 'world:f-1';

/** A unit whose `start` hook ends so until its cause is mended: then what its status names runs it again. */
const hook = (
  code: string,
  body: string,
  message: RegExp,
  options: Partial<AgentOptions> = {},
  meanwhile: (stage: Stage) => Promise<unknown> = async () => undefined,
): Row => ({
  code,
  by: 'resolved --retry, once the cause is mended',
  run: async (stage) => {
    const { world } = stage;
    await stage.begin({ hooks: { start: `test -e "$TRACE/gate-mended" || { ${body}; }` } }, options);
    await meanwhile(stage);
    const { status } = await world.until('start-error');
    assert.match(status.message, message);
    await stage.follow(status.next ?? '', /ensemble debug-log -i f\/0/);
    await world.openGate('mended');
    await stage.follow(status.next ?? '', /ensemble resolved --retry f\/0/);
    await world.untilOn(one);
  },
});

/** Where the storage keeps the bundle of revision 1. */
const object = async ({ world }: Stage): Promise<string> =>
  world.path('storage', bundleKey((await fileDigest(world.path('f-1.tar.gz'))).sha256));

/** Waits until the unit's status names what is to be done. */
const named = ({ world }: Stage, message: RegExp): Promise<string> =>
  eventually(async () => {
    const { status } = await world.unit();
    assert.match(status.message, message);
    return `${status.message} ${status.next ?? ''}`;
  });

/** A formula that is published and cannot be fetched: the agent's words lead to what publishes it again. */
const bundle = (
  code: string,
  by: string,
  spoil: (stage: Stage) => Promise<unknown>,
  message: RegExp,
  mend: (stage: Stage, said: string) => Promise<unknown> = async () => undefined,
): Row => ({
  code,
  by,
  run: async (stage) => {
    await stage.service();
    await spoil(stage);
    await stage.world.agent();
    const said = await named(stage, message);
    await mend(stage, said);
    await stage.follow(said, /ensemble upgrade-formula (--revision 1 )?f\b/);
    await stage.world.untilOn(one);
  },
});

/** A service that went back from `f-2`. @returns what an upgrade says then */
async function wentBack(stage: Stage): Promise<string> {
  await stage.unit();
  await stage.world.publish(2);
  await stage.ok('ensemble upgrade-formula f');
  await stage.ok('ensemble revert-formula f');
  return stage.fails('ensemble upgrade-formula f', /went back from world:f-2/);
}

/** An error of a command that `ensemble status` explains: it shows the unit as the error says it. */
const look = (code: string, line: string, said: RegExp, shown: RegExp): Row => ({
  code,
  by: 'status, which shows what there is',
  run: async (stage) => {
    await stage.unit();
    assert.match(await stage.follow(await stage.fails(line, said), /ensemble status( f)?/), shown);
  },
});

/** What befalls units, and what commands about them say. */
export const unitRows: readonly Row[] = [
  hook('hook-failed', 'exit 3', /failed with exit status 3/),
  hook('hook-killed', 'kill -9 $$', /was killed by SIGKILL/),
  hook('hook-timed-out', 'gate mended', /its time limit of 0\.5 s/, {
    hookTimeLimit: 500,
    hookKillDelay: 100,
  }),
  hook('hook-aborted', 'gate never', /was aborted by /, { hookKillDelay: 100 }, async (stage) => {
    await eventually(async () => assert.ok((await stage.world.trace()).includes('start 1')));
    await eventually(async () => assert.ok((await stage.world.unit()).status.hook));
    await stage.ok('ensemble abort f/0');
  }),
  {
    code: 'hook-retry-ended',
    by: 'resolved --retry',
    run: async (stage) => {
      const { world } = stage;
      await stage.begin({
        hooks: { start: 'test -e "$TRACE/gate-mended"' },
        files: {
          'metadata.yaml':
            'name: f\nrevision: 1\nsummary: s\nhooks:\n  start:\n    retry: {attempts: 9, backoff: 900}\n',
        },
      });
      await eventually(async () => assert.ok((await world.unit()).status.waiting));
      await stage.ok('ensemble abort f/0');
      const { status } = await world.until('start-error');
      await world.openGate('mended');
      await stage.follow(status.next ?? '', /ensemble resolved --retry f\/0/);
      await world.untilOn(one);
    },
  },
  {
    code: 'hook-not-executable',
    by: 'chmod on the machine, then resolved --retry, both as printed',
    run: async (stage) => {
      const { world } = stage;
      await stage.begin({ notExecutable: ['start'] });
      const { status } = await world.until('start-error');
      await stage.follow(status.next ?? '', /chmod \+x '[^']+'/);
      await stage.follow(status.next ?? '', /ensemble resolved --retry f\/0$/);
      await world.untilOn(one);
    },
  },
  {
    code: 'formula-directory-missing',
    by: 'resolved --retry, for which the agent fetches it again',
    run: async (stage) => {
      const { world } = stage;
      await stage.begin({ hooks: { start: 'test -e "$TRACE/gate-mended"' } });
      const { status } = await world.until('start-error');
      const formulas = world.unitPath('f/0', '.formula');
      for (const name of await readdir(formulas)) await rm(`${formulas}/${name}`, { recursive: true });
      await world.openGate('mended');
      await stage.follow(status.next ?? '', /ensemble resolved --retry f\/0/);
      await world.untilOn(one);
    },
  },
  {
    code: 'unit-directory-missing',
    by: 'resolved --retry, by which the unit begins anew',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit({ config: 'options:\n  title: {type: string, default: a}\n' });
      await rm(world.unitPath('f/0'), { recursive: true });
      await stage.ok('ensemble set --no-wait f title=b');
      await stage.follow(await named(stage, /is missing, and its data/), /ensemble resolved --retry f\/0/);
      await world.untilOn(one);
    },
  },
  bundle(
    'object-not-found',
    'upgrade-formula, which stores it again',
    async (stage) => rm(await object(stage)),
    /there is no object/,
  ),
  bundle(
    'object-damaged',
    'removing it, then upgrade-formula, which stores it again',
    async (stage) => {
      const file = await object(stage);
      const { length } = await readFile(file);
      await chmod(file, 0o600);
      await writeFile(file, Buffer.alloc(length));
    },
    /is damaged: its sha256 is/,
    async (_, said) => {
      assert.match(said, /remove that object/);
      await rm(/file:(\S+) is damaged/.exec(said)?.[1] ?? '');
    },
  ),
  bundle(
    'object-not-a-file',
    'mv, as printed, then upgrade-formula, which stores it again',
    async (stage) => putPipeInPlaceOf(await object(stage)),
    /is no object: a named pipe stands there/,
    (stage, said) => stage.follow(said, /mv \S+ [^\s,]+/),
  ),
  bundle(
    'formula-not-published',
    'upgrade-formula, where the agent says it',
    ({ world }) => world.coordinator.remove(paths.formula(one)),
    /is not published/,
  ),
  look('no-hook-runs', 'ensemble abort f/0', /no hook runs in f\/0: it is started/, /f\/0 +started/),
  look('unit-not-in-error', 'ensemble resolved f/0', /in no error state: it is started/, /f\/0 +started/),
  look('unit-not-found', 'ensemble remove-unit f/7', /unit f\/7 does not exist/, /f\/0 +started/),
  look('nothing-matches', "ensemble status 'g*'", /is called g/, /f\/0 +started/),
  look('service-not-found', 'ensemble get g', /there are: f/, /^f +world:f-1/m),
  look('nothing-to-revert', 'ensemble revert-formula f', /has no formula before/, /world:f-1/),
  look(
    'unit-of-other-service',
    'ensemble upgrade-formula --unit g/0 f',
    /g\/0 is no unit of service f/,
    /f\/0 +started/,
  ),
  {
    code: 'nothing-to-revert',
    by: 'the old content under a higher revision',
    run: async (stage) => {
      await stage.unit();
      await stage.fails('ensemble revert-formula f', /has no formula before/);
      await stage.world.writeFormula(2);
      await stage.ok('ensemble upgrade-formula f');
      await stage.ok('ensemble revert-formula f');
    },
  },
  {
    code: 'formula-reverted',
    by: 'upgrade-formula --force',
    run: async (stage) => {
      const said = await wentBack(stage);
      await stage.follow(said, /ensemble upgrade-formula --revision 2 --force f/);
      await stage.world.untilOn('world:f-2');
    },
  },
  {
    code: 'formula-reverted',
    by: 'a mended revision',
    run: async (stage) => {
      const said = await wentBack(stage);
      stage.named(said, /publish a mended revision/);
      await stage.world.writeFormula(3);
      await stage.ok('ensemble upgrade-formula f');
      await stage.world.untilOn('world:f-3');
    },
  },
  {
    code: 'unit-has-agent',
    by: 'remove-unit without --force',
    run: async (stage) => {
      await stage.unit();
      const said = await stage.fails('ensemble remove-unit --force f/0', /has an agent that can stop it/);
      await stage.follow(said, /ensemble remove-unit f\/0/);
      await eventually(async () => assert.deepEqual(await stage.world.coordinator.children(paths.units), []));
    },
  },
  {
    code: 'service-exists',
    by: 'more units, or fewer, as printed',
    run: async (stage) => {
      await stage.unit();
      const deploy = (count: number): string => `ensemble deploy --repository world -n ${count} f`;
      const fewer = await stage.fails(deploy(2), /exists already.*, with 1 unit, and not 2/);
      await stage.follow(fewer, /ensemble add-unit -n 1 f/);
      await stage.world.untilOn(one, 'f/1');
      const more = await stage.fails(deploy(1), /with 2 units, and not 1/);
      stage.named(more, /ensemble remove-unit UNIT/);
      await stage.ok('ensemble remove-unit f/1');
      await stage.ok(deploy(1));
    },
  },
  {
    code: 'service-exists',
    by: 'deploy under another name',
    run: async (stage) => {
      await stage.unit();
      const said = await stage.fails('ensemble deploy --repository world -n 2 f', /exists already/);
      const names = { FORMULA: '--repository world f', 'OTHER-NAME': 'g' };
      await stage.follow(said, /ensemble deploy FORMULA OTHER-NAME/, names);
      await stage.world.untilOn(one, 'g/0');
    },
  },
  {
    code: 'service-destroying',
    by: 'status, which shows the unit that holds it up',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit({ hooks: { stop: 'exit 1' } });
      await stage.ok('ensemble destroy-service f');
      await world.until('stop-error');
      const deploy = 'ensemble deploy -n 0 --repository world f';
      const said = await stage.fails(deploy, /is being destroyed/);
      const shown = await stage.follow(said, /ensemble status/);
      await stage.follow(shown, /ensemble resolved --retry f\/0/);
      await world.until('stop-error');
      await stage.ok('ensemble resolved f/0');
      await eventually(async () => assert.equal(await world.coordinator.get(paths.service('f')), undefined));
      await stage.ok(deploy);
    },
  },
  {
    code: 'unit-unplaced',
    by: 'the agent that is named',
    run: async (stage) => {
      await stage.service();
      const said = await stage.fails('ensemble run f/0 -- true', /waits for a machine/);
      await stage.start(said, /ensemble-agent.*/);
      await stage.world.untilOn(one);
      await stage.ok('ensemble run f/0 -- true');
    },
  },
  {
    code: 'unit-unplaced',
    by: 'uncordon, as printed, where every machine is cordoned',
    run: async (stage) => {
      await stage.world.agent();
      await stage.ok('ensemble cordon m0');
      await stage.service();
      const asked = await stage.fails('ensemble run f/0 -- true', /every machine is cordoned: m0/);
      const shown = await stage.ok('ensemble status');
      assert.equal(stage.named(asked, /ensemble uncordon m0/), stage.named(shown, /ensemble uncordon m0/));
      await stage.follow(asked, /ensemble uncordon m0/);
      await stage.world.untilOn(one);
      await stage.ok('ensemble run f/0 -- true');
    },
  },
  {
    code: 'unit-debugged',
    by: 'the end of the other one',
    run: async (stage) => {
      await stage.unit();
      const { coordinator } = stage.world;
      await coordinator.create(
        paths.debug('f/0'),
        nodeValue({
          by: 'ops@there',
          requestedAt: '2026-01-01T00:00:00Z',
          id: 'x',
          hooks: ['*'],
          session: 'x',
        }),
        {
          ephemeral: true,
        },
      );
      const said = await stage.fails("script -qec 'ensemble debug-hooks f/0' /dev/null 1>&2", /debugged by/);
      stage.named(said, /wait until that is over/);
      await coordinator.remove(paths.debug('f/0'));
    },
  },
];
