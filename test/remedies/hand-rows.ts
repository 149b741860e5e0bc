import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { startChild } from '../servers/child.js';
import type { Row } from './stage.js';

const one = 'world:f-1';
const DEPLOY = 'ensemble deploy -n 0 --repository world f';
const AGENT = 'ensemble-agent -e world --machine m0 --data-dir machines/m0';

/** What somebody wrote by hand, or keeps writing, where a command or an agent reads. */
export const handRows: readonly Row[] = [
  {
    code: 'formula-id-invalid',
    by: 'the id in the form that is printed',
    run: async (stage) => {
      const { coordinator } = stage.world;
      await stage.world.writeFormula(1);
      await stage.ok(DEPLOY);
      const service = JSON.parse((await coordinator.get(paths.service('f')))?.value ?? '');
      await coordinator.set(paths.service('f'), nodeValue({ ...service, formula: 'f one' }));
      const upgrade = 'ensemble upgrade-formula --repository world f';
      const said = await stage.fails(upgrade, /"f one" is no formula id/);
      const id = stage.named(said, /(?<=write it like )[\w:-]+/).replace('principia:mysql-12', one);
      await coordinator.set(paths.service('f'), nodeValue({ ...service, formula: id }));
      await stage.ok(upgrade);
    },
  },
  {
    code: 'formula-changing',
    by: 'the same command, when nothing writes there any more',
    run: async (stage) => {
      const directory = await stage.world.writeFormula(1);
      // Between its being listed and its being packed comes what takes a while.
      await writeFile(`${directory}/a-large-file`, randomBytes(1_000_000));
      const build = 'while :; do echo built >>version; done';
      const writer = startChild('/bin/sh', ['-c', `cd '${directory}' && ${build}`]);
      try {
        const said = await stage.fails(DEPLOY, /world\/f-1\S* was changed while it was being read/);
        stage.named(said, /run the command again when nothing writes to it/);
      } finally {
        await writer.stop();
      }
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'command-not-run',
    by: 'status, then the command again',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit();
      const directory = world.unitPath('f/0');
      await rename(directory, `${directory}.aside`);
      const line = 'ensemble run f/0 -- true';
      const said = await stage.fails(line, /the command was not run in f\/0: .* is missing/);
      await rename(`${directory}.aside`, directory);
      assert.match(await stage.follow(said, /ensemble status/), /f\/0 +started/);
      await stage.ok(line);
    },
  },
  {
    code: 'hook-cannot-start',
    by: 'the agent, started with a shorter variable',
    run: async (stage) => {
      await stage.service();
      // As long as the system lets the agent have it: hooks get the directory of their tools before it.
      const long = `${process.env.PATH}:/`.padEnd(131_072 - 'PATH=\0'.length, 'x');
      const agent = await stage.world.agentProcess('m0', { variables: { PATH: long } });
      const said = await eventually(async () => {
        const { status } = await stage.world.unit();
        assert.match(status.message, /could not be started: its variable PATH has/);
        return `${status.message} ${status.next}`;
      });
      stage.named(said, /start ensemble-agent with a shorter PATH/);
      await agent.kill('SIGTERM');
      await stage.start(AGENT, /.*/);
      await stage.world.untilOn(one);
    },
  },
  {
    code: 'hook-cannot-adopt',
    by: 'what is in its place out of the way',
    run: async (stage) => {
      const { world } = stage;
      await world.publish(1, { hooks: { start: 'gate end' } });
      await world.deploy(one);
      const first = await world.agentProcess();
      await eventually(async () => assert.ok((await world.trace()).includes('start 1')));
      await first.kill();
      const [run = ''] = await world.runs();
      const record = world.path('machines', 'm0', 'runs', run, 'process');
      await rename(record, `${record}.aside`);
      await mkdir(record);
      await stage.start(AGENT, /.*/);
      const said = await eventually(async () => {
        const { status } = await world.unit();
        assert.match(
          status.message,
          /what became of hook "start" of f\/0 is not known: \S+\/runs\/\S+ cannot be used: it is a directory/,
        );
        return `${status.message} ${status.next}`;
      });
      stage.named(said, /check the path/);
      await rm(record, { recursive: true });
      await rename(`${record}.aside`, record);
      await world.openGate('end');
      await world.untilOn(one);
      assert.equal((await world.trace()).filter((each) => each === 'start 1').length, 1);
    },
  },
];
