import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { SocketInUse, SocketPathTooLong } from '../../../hooks/errors.js';
import { REQUEST_LIMIT } from '../../../hooks/server/request.js';
import { startToolServer } from '../../../hooks/server/tool-server.js';
import { hookTools } from '../../../hooks/tools/all-tools.js';
import { systemClock } from '../../../state/platform/clock.js';
import { relatedSource } from '../context/related-source.js';
import { AgentSide, exchange } from './agent-side.js';

const request = { version: 1, client: 'one', tool: 'config-get', arguments: ['port'], directory: '/' };
const answered = '{"exit":0,"stdout":3,"stderr":0}\n80\n';

describe('the hook tool server', () => {
  let agent: AgentSide;
  beforeEach(async () => {
    agent = new AgentSide();
    agent.addContext('one', { port: 80, word: 'grüße' }).inRelations = relatedSource().inRelations;
    await agent.listen();
  });
  afterEach(() => agent.remove());

  const line = (change: object = {}): string => `${JSON.stringify({ ...request, ...change })}\n`;

  it('answers a request', async () => {
    assert.equal(await exchange(agent.socket, line()), answered);
    assert.equal(
      await exchange(agent.socket, line(), true),
      answered,
      'also when the client keeps its side open',
    );
    assert.equal(await exchange(agent.socket, line({ version: undefined })), answered);
  });

  it('announces bytes, not characters', async () => {
    assert.equal(
      await exchange(agent.socket, line({ arguments: ['word'] })),
      '{"exit":0,"stdout":8,"stderr":0}\ngrüße\n',
    );
  });

  it('ignores fields of a later time', async () => {
    assert.equal(await exchange(agent.socket, line({ later: { than: 'this' } })), answered);
  });

  it('puts a request together that comes byte by byte', async () => {
    const socket = connect(agent.socket);
    await once(socket, 'connect');
    const answer = once(socket, 'data');
    for (const byte of Buffer.from(line()))
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    assert.equal(String((await answer)[0]), answered);
    socket.destroy();
  });

  const refusals: [string, string | Uint8Array, 1 | 2, RegExp][] = [
    ['garbage', 'garbage\n', 2, /the request is not JSON/],
    ['an empty line', '\n', 2, /the request is not JSON/],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22, 10]), 2, /the request is not UTF-8/],
    ['half a request', JSON.stringify(request), 2, /ends before its line does/],
    ['JSON that is no object', '[1]\n', 2, /the request's value is wrong/],
    ['a request without a tool', line({ tool: undefined }), 2, /the request's tool is wrong/],
    [
      'arguments that are no strings',
      line({ arguments: ['a', 1] }),
      2,
      /the request's arguments.1 is wrong: .*expected string, received number/,
    ],
    [
      'an unknown tool',
      line({ tool: 'relation-frob' }),
      2,
      /^relation-frob: this agent has no such hook tool; it has close-port, config-get/,
    ],
    ['a tool named as what every object has', line({ tool: '__proto__' }), 2, /no such hook tool/],
    [
      'a later version',
      line({ version: 2, arguments: 7 }),
      2,
      /of version 2 of the hook tool protocol, this agent speaks up to 1/,
    ],
    [
      'a foreign client id',
      line({ client: 'two' }),
      1,
      /^config-get: no hook with this ENSEMBLE_CLIENT_ID is running/,
    ],
    [
      'a line that is too long',
      `"${'x'.repeat(REQUEST_LIMIT)}"\n`,
      2,
      /the request is longer than 1048576 bytes/,
    ],
    ['a line without an end', 'x'.repeat(3 * REQUEST_LIMIT), 2, /the request is longer than 1048576 bytes/],
  ];
  for (const [name, bytes, exit, sentence] of refusals) {
    it(`refuses ${name} with exit ${exit} and says why`, async () => {
      const [header = '', ...rest] = (await exchange(agent.socket, bytes)).split('\n');
      const stderr = rest.join('\n');
      assert.deepEqual(JSON.parse(header), { exit, stdout: 0, stderr: Buffer.byteLength(stderr) });
      assert.match(stderr, sentence);
      assert.equal(await exchange(agent.socket, line()), answered, 'the next one is answered');
    });
  }

  it('refuses a hook that is over, found by its id or not', async () => {
    agent.contexts.get('one')?.finish();
    assert.match(
      await exchange(agent.socket, line()),
      /^\{"exit":1,.*\nconfig-get: the hook this was called from is over\n/s,
    );
  });

  it('survives clients that leave at any point', async () => {
    for (const bytes of ['', '{', line()]) {
      const socket = connect(agent.socket);
      await once(socket, 'connect');
      socket.write(bytes);
      socket.destroy();
      await once(socket, 'close');
    }
    assert.equal(await exchange(agent.socket, line()), answered);
  });

  it('answers whatever it is sent, and lives', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const field = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue());
    const crooked = fc.record(
      {
        version: fc.oneof(fc.constant(1), field),
        client: fc.oneof(fc.constant('one'), field),
        tool: fc.oneof(fc.constantFrom(...hookTools.map((tool) => tool.name)), field),
        arguments: fc.oneof(
          fc.array(
            fc.oneof(
              fc.string({ unit: 'binary' }),
              fc.constantFrom('-', '--', '-l', '-r', 'db', 'a=1', '--file', '--format', '--help'),
            ),
          ),
          field,
        ),
        directory: fc.oneof(fc.constant('/'), field),
        input: field,
      },
      { requiredKeys: [] },
    );
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      crooked.map((value) => Buffer.from(`${JSON.stringify(value)}\n`)),
    );
    await fc
      .assert(
        fc.asyncProperty(anything, async (bytes) => {
          const answer = Buffer.from(await exchange(agent.socket, bytes));
          if (answer.length === 0) return assert.equal(bytes.length, 0, 'only silence is met with silence');
          if (answer.toString() === '{"input":true}\n') return;
          const end = answer.indexOf(10) + 1;
          const header = JSON.parse(answer.toString('utf8', 0, end));
          assert.ok([0, 1, 2].includes(header.exit));
          assert.equal(answer.length, end + header.stdout + header.stderr);
        }),
        { seed, numRuns: 400 },
      )
      .catch((error) => {
        throw new Error(`seed ${seed}: ${error.message}`);
      });
    assert.equal(await exchange(agent.socket, line()), answered);
  });

  it('closes at once under clients that ask nothing, and in bounded time under a call that hangs', async () => {
    const source = agent.addContext('hangs');
    source.config = () => new Promise(() => undefined);
    const idle = exchange(agent.socket, '', true);
    const hanging = exchange(agent.socket, line({ client: 'hangs' }));
    const slow = exchange(agent.socket, line());
    assert.equal(await slow, answered);
    const began = Date.now();
    await agent.close();
    assert.ok(Date.now() - began < 5_000);
    assert.deepEqual(
      await Promise.all([idle, hanging]),
      ['', ''],
      'no answer is the sign to ask the next agent',
    );
  });

  it("is this user's alone", () => {
    assert.equal(statSync(agent.socket).mode & 0o777, 0o600);
    assert.equal(statSync(dirname(agent.socket)).mode & 0o777, 0o700);
  });

  it('takes the rights of others away from a directory that was there', async () => {
    const path = agent.unit.path('open', 'a.sock');
    mkdirSync(dirname(path));
    chmodSync(dirname(path), 0o755);
    const server = await startToolServer(path, () => undefined, systemClock);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    await server.close();
  });

  it('does not take the socket from an agent that lives', async () => {
    await assert.rejects(
      startToolServer(agent.socket, () => undefined, systemClock),
      SocketInUse,
    );
    assert.equal(await exchange(agent.socket, line()), answered);
  });

  it('refuses a path above 107 bytes, and listens on one of 107', async () => {
    const directory = agent.unit.path('x'.repeat(95 - Buffer.byteLength(agent.unit.directory)));
    const fits = `${directory}/${'y'.repeat(107 - Buffer.byteLength(directory) - 1)}`;
    assert.equal(Buffer.byteLength(fits), 107);
    await assert.rejects(
      startToolServer(`${fits}y`, () => undefined, systemClock),
      (error) => {
        assert.ok(error instanceof SocketPathTooLong);
        assert.match(error.message, /has 108 bytes, more than 107/);
        return true;
      },
    );
    const server = await startToolServer(fits, (id) => agent.contexts.get(id), systemClock);
    assert.equal(await exchange(fits, line()), answered);
    await server.close();
  });
});
