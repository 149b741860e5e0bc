import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { writeToolDirectory } from '../../../hooks/client/tool-directory.js';
import { HookContext } from '../../../hooks/context/hook-context.js';
import { formatPort } from '../../../hooks/context/port.js';
import { findPerl } from '../../../state/platform/find-perl.js';
import { hookTools } from '../../../hooks/tools/all-tools.js';
import type { RecordingSource } from '../context/recording-source.js';
import { changed, relatedSource } from '../context/related-source.js';
import { adoptToEnd, runToEnd, until } from '../fixtures.js';
import { AgentSide, run } from '../server/agent-side.js';

const sharp = `ü "quoted" \\ back\\slash 'single' $HOME \`x\` \t tab \n line \r \u007f \u0001 😀`;

describe('the client of the hook tools', () => {
  let agent: AgentSide;
  let source: RecordingSource;
  beforeEach(async () => {
    agent = new AgentSide();
    source = agent.addContext('one', { port: 80, sharp, large: 'x'.repeat(3_000_000), word: 'grüße' });
    await writeToolDirectory(agent.unit.path('tools'), findPerl());
    await agent.listen();
  });
  afterEach(() => agent.remove());

  const tool = (name: string): string => agent.unit.path('tools', name);
  const call = (name: string, args: string[], input?: string | Buffer, change: NodeJS.ProcessEnv = {}) =>
    run(tool(name), args, { ...agent.environment('one'), ...change }, input);

  it('is called by the names of the tools', async () => {
    for (const { name } of hookTools) {
      assert.equal(readlinkSync(tool(name)), '.client');
      assert.match((await call(name, ['--help'])).stdout, new RegExp(`^Usage: ${name} `));
    }
    assert.equal(statSync(tool('.client')).mode & 0o777, 0o755);
  });

  it('gives the tool’s output, errors and exit status', async () => {
    assert.deepEqual(await call('config-get', ['port']), { exit: 0, stdout: '80\n', stderr: '' });
    const { exit, stdout, stderr } = await call('open-port', ['none']);
    assert.deepEqual([exit, stdout], [2, '']);
    assert.match(stderr, /^open-port: "none" is no port/);
  });

  it('carries any text there and back', async () => {
    assert.equal((await call('config-get', ['sharp'])).stdout, `${sharp}\n`);
    assert.equal((await call('config-get', ['large'])).stdout.length, 3_000_001);
    await call('ensemble-log', ['--', sharp, '', '-l']);
    assert.deepEqual(source.effects, [`INFO ${sharp}  -l`]);
  });

  it('sends its input only when the tool asks for it', async () => {
    const text = `${'many words '.repeat(20_000)}${sharp}`;
    assert.deepEqual(await call('ensemble-log', ['-'], text), { exit: 0, stdout: '', stderr: '' });
    assert.deepEqual(source.effects, [`INFO ${text}`]);
    const loop = 'while read -r line; do config-get port; done';
    const env = { ...agent.environment('one'), PATH: `${agent.unit.path('tools')}:${process.env.PATH}` };
    assert.equal((await run('/bin/sh', ['-c', loop], env, 'a\nb\nc\n')).stdout, '80\n80\n80\n');
  });

  it('is refused with a sentence where it sends too much', async () => {
    const { exit, stderr } = await call('ensemble-log', ['-'], 'x'.repeat(2_000_000));
    assert.equal(exit, 2);
    assert.match(stderr, /the request is longer than 1048576 bytes/);
  });

  it('says so outside a hook', async () => {
    const { exit, stderr } = await run(tool('config-get'), [], { PATH: process.env.PATH });
    assert.equal(exit, 1);
    assert.match(stderr, /^config-get: works only in a hook that ensemble-agent runs/);
  });

  it('says so when no agent comes in time', async () => {
    await agent.close();
    const { exit, stderr } = await call('config-get', ['port'], '', { ENSEMBLE_TOOL_WAIT: '0.05' });
    assert.equal(exit, 1);
    assert.match(stderr, /^config-get: no agent answers on .*agent\.sock \(waited 0\.05 s\)/);
  });

  it('is refused in the name of a hook that is not running', async () => {
    const { exit, stderr } = await call('config-get', ['port'], '', { ENSEMBLE_CLIENT_ID: 'two' });
    assert.equal(exit, 1);
    assert.match(stderr, /^config-get: no hook with this ENSEMBLE_CLIENT_ID is running/);
  });

  it('waits for an agent that is being restarted', async () => {
    await agent.close();
    const answer = call('config-get', ['port']);
    await agent.listen();
    assert.equal((await answer).stdout, '80\n');
  });

  it('calls again when the agent is killed before it answered in full', async () => {
    await agent.close();
    const cuts = ['', '{"exit":0', '{"exit":0,"stdout":3,"stderr":0}\n8'];
    const dying = createServer((socket) => {
      socket.once('data', () => {
        socket.end(cuts.shift() ?? '');
        if (cuts.length === 0) dying.close(() => void agent.listen());
      });
    });
    dying.listen(agent.socket);
    assert.equal((await call('config-get', ['port'])).stdout, '80\n');
    assert.deepEqual(cuts, []);
  });

  it('is fifty at once, each with its own answer', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `context-${index}`);
    for (const id of ids) agent.addContext(id, { id });
    const answers = await Promise.all(
      ids.map((id) => run(tool('config-get'), ['id'], agent.environment(id))),
    );
    assert.deepEqual(
      answers.map(({ stdout }) => stdout.trim()),
      ids,
    );
  }).timeout(120_000);

  it('can be written again while hooks use it', async () => {
    const calls = Array.from({ length: 10 }, () => call('config-get', ['port']));
    for (let times = 0; times < 5; times++) await writeToolDirectory(agent.unit.path('tools'), findPerl());
    for (const { stdout } of await Promise.all(calls)) assert.equal(stdout, '80\n');
  });
});

describe('hooks with hook tools', () => {
  let agent: AgentSide;
  let children: ChildProcess[];
  beforeEach(async () => {
    agent = new AgentSide();
    children = [];
    await writeToolDirectory(agent.unit.path('tools'), findPerl());
    await agent.listen();
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await agent.remove();
  });

  it('that run side by side never see each other’s data', async () => {
    const script =
      '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do ensemble-log "$(config-get who)"; open-port "$(config-get port)"; done\n';
    agent.unit.writeHook('start', script);
    const specs = [1, 2].map(() => agent.unit.spec('start'));
    const sources = specs.map(({ run }, index) =>
      agent.addContext(run.id, { who: `unit ${index}`, port: 80 + index }),
    );
    const outcomes = await Promise.all(specs.map((spec) => runToEnd(spec)));
    assert.deepEqual(outcomes, [{ kind: 'succeeded' }, { kind: 'succeeded' }]);
    specs.forEach(({ run }, index) => {
      assert.deepEqual(sources[index]?.effects, Array(8).fill(`INFO unit ${index}`));
      const writes = agent.contexts.get(run.id)?.finish();
      assert.deepEqual(writes?.ports.opened.map(formatPort), [`${80 + index}/tcp`]);
    });
  });

  it('that run side by side in the same relation see and set each their own side of it', async () => {
    agent.unit.writeHook(
      'db-relation-changed',
      `#!/bin/sh
set -e
for i in 1 2 3 4; do
  relation-set "seen=$(relation-get who)" "count=$i"
  relation-get count "$ENSEMBLE_UNIT_NAME"
  for unit in $(relation-list); do relation-get private-address "$unit"; done
done
echo 'from: input' | relation-set --file -
`,
    );
    const runs = [0, 1].map((index) => {
      const spec = agent.unit.spec('db-relation-changed', { logFile: agent.unit.path(`log-${index}`) });
      const source = relatedSource();
      source.unit = `blog/${index}`;
      const [db] = source.inRelations;
      assert.ok(db);
      db.settings = { 'mysql/0': { who: `for ${index}`, 'private-address': `10.0.${index}.1` } };
      const environment = { ...spec.environment, ENSEMBLE_UNIT_NAME: source.unit };
      agent.addRelationContext(spec.run.id, source, { ...changed, members: ['mysql/0'] });
      return { ...spec, environment };
    });
    const outcomes = await Promise.all(runs.map((spec) => runToEnd(spec)));
    assert.deepEqual(outcomes, [{ kind: 'succeeded' }, { kind: 'succeeded' }]);
    runs.forEach(({ run, logFile }, index) => {
      const address = `10.0.${index}.1`;
      const said = [1, 2, 3, 4].map((count) => `${count}\n${address}\n`).join('');
      assert.equal(readFileSync(logFile, 'utf8'), said);
      const writes = agent.contexts.get(run.id)?.finish().relations;
      assert.deepEqual(writes, { 'db:4': { seen: `for ${index}`, count: '4', from: 'input' } });
    });
  });

  it('go on over a restart of the agent: the tool waits, the snapshot and the writes are still there', async () => {
    const go = agent.unit.path('go');
    agent.unit.writeHook(
      'start',
      `#!/bin/sh\nconfig-get port; relation-set -r db a=1; open-port 80\nwhile [ ! -e '${go}' ]; do sleep 0.02; done\nconfig-get port; relation-set -r db b=2; open-port 81\nrelation-get -r db a blog/0\n`,
    );
    const spec = agent.unit.spec('start');
    const source = agent.addContext(spec.run.id, { port: 1 });
    source.inRelations = relatedSource().inRelations;
    // Another process starts the hook and is killed; the contexts of this one stand for the journal's.
    const file = agent.unit.path('spec.json');
    writeFileSync(file, JSON.stringify(spec));
    const fixture = fileURLToPath(new URL('../process/agent-fixture.js', import.meta.url));
    const child = spawn(process.execPath, [fixture, 'start', file], { stdio: 'ignore' });
    children.push(child);
    await until('the first write', () => source.kept.at(-1)?.writes.ports.opened.length === 1);
    child.kill('SIGKILL');
    await agent.close();
    writeFileSync(go, '');
    source.values = { port: 2 };
    const context = new HookContext(spec.run.id, source, source.kept.at(-1));
    agent.contexts.set(spec.run.id, context);
    const outcome = adoptToEnd(spec);
    await agent.listen();
    assert.deepEqual(await outcome, { kind: 'succeeded' });
    assert.equal(readFileSync(agent.unit.log, 'utf8'), '1\n1\n1\n');
    const { ports, relations } = context.finish();
    assert.deepEqual(ports.opened.map(formatPort), ['80/tcp', '81/tcp']);
    assert.deepEqual(relations, { 'db:4': { a: '1', b: '2' } });
  });

  it('speak the protocol as its page shows it, in every language there', async () => {
    const page = readFileSync(
      fileURLToPath(new URL('../../../../docs/hook-tool-protocol.md', import.meta.url)),
      'utf8',
    );
    const interpreters = { sh: '/bin/sh', python: '/usr/bin/env python3', perl: '/usr/bin/env perl' };
    for (const [language, interpreter] of Object.entries(interpreters)) {
      const example = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)?.[1];
      assert.ok(example, `the page has an example in ${language}`);
      agent.unit.writeHook(`with-${language}`, `#!${interpreter}\n${example}`);
      const spec = agent.unit.spec(`with-${language}`, { logFile: agent.unit.path(language) });
      agent.addContext(spec.run.id, { port: 8080 });
      const outcome = await runToEnd(spec);
      const log = readFileSync(spec.logFile, 'utf8');
      assert.deepEqual([outcome, log], [{ kind: 'succeeded' }, `${language}: 8080\n`]);
    }
  });
});
