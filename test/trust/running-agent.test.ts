import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { bundleTree } from '../../state/formula/bundle.js';
import { listTree } from '../../state/formula/tree.js';
import { readFormulaRecord, registerFormula } from '../../state/model/formulas.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { bundleKey } from '../../state/storage/key.js';
import { openStorage } from '../../state/storage/open.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { chooseSeed } from '../random.js';

const ONE = 'world:f-1';
const REFUSED =
  /^\{"exit":1,"stdout":0,[^\n]*\n(config-get|relation-set|status-set): no hook with this ENSEMBLE_CLIENT_ID is running/;

const config = (title: string): string => `options:\n  title:\n    type: string\n    default: ${title}\n`;

describe('a running agent', function () {
  this.timeout(120_000);
  const seed = chooseSeed();
  let world: World;
  let agent: AgentProcess;
  /** Of `install`, which is over, and of `start`, which waits at its gate. */
  let ids: { readonly over: string; readonly live: string };

  before(async () => {
    world = await World.open();
    await world.publish(1, {
      config: config('quiet'),
      hooks: {
        install: 'echo "$ENSEMBLE_CLIENT_ID" >"$TRACE/id-install"',
        start: 'echo "$ENSEMBLE_CLIENT_ID" >"$TRACE/id-start"\ngate start\nconfig-get title >"$TRACE/title"',
      },
    });
    agent = await world.agentProcess();
    await world.deploy(ONE);
    const live = (await eventually(() => world.text('id-start'), 30_000)).trim();
    ids = { over: (await world.text('id-install')).trim(), live };
  });
  after(() => world.close());

  /** Sends it to the agent's socket and gives what comes back until the agent closes. */
  function send(bytes: string | Uint8Array): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(world.path('machines', 'm0', 'agent.sock'), () => socket.end(bytes));
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
    });
  }

  const call = (client: string, tool: string, ...words: readonly string[]): Promise<string> =>
    send(`${JSON.stringify({ version: 1, client, tool, arguments: words, directory: '/' })}\n`);

  it('refuses a tool call with the id of a hook that is over, or of no hook of its own', async () => {
    const foreign = [ids.over, `${ids.live}x`, ids.live.toUpperCase(), '..', '__proto__', 'toString', 'f/0'];
    assert.notEqual(ids.over, ids.live);
    for (const id of foreign.filter((each) => each !== ids.live)) {
      assert.match(await call(id, 'config-get'), REFUSED, id);
      assert.match(await call(id, 'relation-set', 'a=b'), REFUSED, id);
      assert.match(await call(id, 'status-set', 'mine now'), REFUSED, id);
    }
    assert.equal((await world.unit()).status.message, '', 'nothing was written');
    assert.match(await call(ids.live, 'config-get', 'title'), /^\{"exit":0,.*\nquiet\n$/);
  });

  it(`answers whatever is asked of its socket, and the hook goes on (SEED=${seed})`, async () => {
    const id = fc.constantFrom(ids.over, ids.live);
    const tool = fc.oneof(
      fc.string(),
      fc.constantFrom(
        ...['relation-get', 'relation-set', 'relation-list', 'relation-ids', 'unit-relations', 'config-get'],
        ...['unit-get', 'open-port', 'close-port', '__proto__'],
      ),
    );
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('-', '-r', '--format', 'json', '--help', 'k=@/etc', '--file'),
    );
    const request = fc.record(
      {
        version: fc.oneof(fc.constant(1), fc.jsonValue()),
        client: fc.oneof(id, fc.jsonValue()),
        tool: fc.oneof(tool, fc.jsonValue()),
        arguments: fc.oneof(fc.array(word), fc.jsonValue()),
        directory: fc.oneof(fc.constant('/'), fc.jsonValue()),
        input: fc.oneof(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: ['client', 'tool', 'arguments', 'directory'] },
    );
    const bytes = fc.oneof(
      request.map((value) => `${JSON.stringify(value)}\n`),
      fc.json().map((text) => `${text}\n`),
      fc.uint8Array(),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const answer = await send(sent);
        if (answer !== '')
          assert.match(answer, /^\{"(exit":[012],"stdout":\d+,"stderr":\d+|input":true)\}\n/);
        assert.doesNotMatch(answer, /\n\s+at .*:\d+/, 'no stack');
      }),
      { seed, numRuns: 300, endOnFailure: true },
    );
    await world.openGate('start');
    await world.untilOn(ONE);
    assert.equal(await world.text('title'), 'quiet\n');
    assert.equal(agent.stderr(), '', 'nothing went unheard');
  });

  it(`takes no metadata and no config of a formula on trust (SEED=${seed})`, async () => {
    const storage = await openStorage(world.storage);
    const sane = await readFormulaRecord(world.coordinator, ONE);
    assert.ok(sane);
    let revision = 100;
    const yaml = (whole: string): fc.Arbitrary<string> =>
      fc.oneof(
        fc.string(),
        fc.json(),
        fc
          .tuple(fc.constantFrom(...(whole.match(/\w+/g) ?? [])), fc.json())
          .map(([key, value]) => `${whole}${key}: ${value}\n`),
        fc.nat(whole.length).map((end) => whole.slice(0, end)),
      );
    const metadata = 'name: f\nrevision: 777\nhooks: {start: {timeout: 5}}\nprovides: {site: page}\n';
    try {
      const whole = (ofConfig: boolean): string => (ofConfig ? config('loud') : metadata);
      const texts = fc
        .boolean()
        .chain((ofConfig) =>
          yaml(whole(ofConfig)).map((text) => ({ file: ofConfig ? 'config.yaml' : 'metadata.yaml', text })),
        );
      const deployed: (readonly [service: string, text: string])[] = [];
      for (const { file, text } of fc.sample(texts, { seed, numRuns: 25 })) {
        revision += 1;
        const directory = await world.writeFormula(revision, { config: config('loud') });
        await writeFile(join(directory, file), text.replace('777', `${revision}`));
        const bundle = world.path(`fuzzed-${revision}.tar.gz`);
        const digest = await bundleTree(directory, await listTree(directory), bundle);
        const storageKey = bundleKey(digest.sha256);
        await storage.put(storageKey, bundle);
        const formula = `world:f-${revision}`;
        await registerFormula(
          world.coordinator,
          formula,
          { ...sane, ...digest, storageKey },
          { path: directory, kind: 'directory' },
        );
        const service = `z${revision}x`;
        await world.deploy(formula, 1, service);
        deployed.push([`${service}/0`, text]);
      }
      for (const [unit, text] of deployed)
        await eventually(async () => {
          const { status } = await world.unit(unit);
          assert.ok(
            status.state === 'started' || isErrorState(status.state) || status.message !== '',
            `${unit} is ${status.state} with ${JSON.stringify(text)}`,
          );
        }, 60_000);
    } finally {
      storage.close();
    }
    assert.ok(readdirSync(world.path('machines', 'm0', 'units')).length > 1, 'some of them were taken up');
    await world.deploy(ONE, 1, 'g');
    await world.untilOn(ONE, 'g/0');
    assert.equal(agent.stderr(), '', 'nothing went unheard');
  });
});
