import assert from 'node:assert/strict';
import { HookContext } from '../../../hooks/context/hook-context.js';
import { formatPort, type Port, parsePort } from '../../../hooks/context/port.js';
import { savedHookContextSchema } from '../../../hooks/context/saved.js';
import { RecordingSource } from './recording-source.js';

function port(text: string): Port {
  const parsed = parsePort(text);
  assert.ok(parsed);
  return parsed;
}

describe('a hook context', () => {
  let source: RecordingSource;
  let context: HookContext;
  beforeEach(() => {
    source = new RecordingSource();
    context = new HookContext('id', source);
  });

  it('shows throughout what was read first', async () => {
    source.values = { port: 80 };
    assert.deepEqual(await context.config(), { port: 80 });
    source.values = { port: 81 };
    source.privateAddress = '10.0.0.2';
    assert.deepEqual(await context.config(), { port: 80 });
    assert.equal(await context.address('private'), '10.0.0.2', 'what was not read yet is read now');
    source.privateAddress = '10.0.0.3';
    assert.equal(await context.address('private'), '10.0.0.2');
    assert.equal(source.reads, 1);
  });

  it('reads once for tools that ask at the same time', async () => {
    await Promise.all([context.config(), context.config(), context.config()]);
    assert.equal(source.reads, 1);
  });

  it('reads again after a read that failed', async () => {
    source.failure = new Error('the coordinator is away');
    await assert.rejects(context.config(), /the coordinator is away/);
    source.values = { port: 80 };
    assert.deepEqual(await context.config(), { port: 80 });
  });

  it('buffers ports, the last word on each counting, and shows them to the hook', async () => {
    source.open = [port('22'), port('80')];
    await context.openPort(port('443'));
    await context.openPort(port('53/udp'));
    await context.closePort(port('53/udp'));
    await context.closePort(port('80'));
    await context.openPort(port('80'));
    await context.closePort(port('22'));
    assert.deepEqual((await context.ports()).map(formatPort), ['80/tcp', '443/tcp']);
    const { opened, closed } = context.finish().ports;
    assert.deepEqual(
      [opened.map(formatPort), closed.map(formatPort)],
      [
        ['443/tcp', '80/tcp'],
        ['53/udp', '22/tcp'],
      ],
    );
    assert.deepEqual(source.effects, [], 'nothing was done');
  });

  it('logs and sets the status at once', async () => {
    await context.log('INFO', 'hello');
    await context.status('working', 'maintenance');
    assert.deepEqual(source.effects, ['INFO hello', 'status maintenance working']);
  });

  it('is kept before a first read or a write is answered, and not for what changes nothing', async () => {
    source.values = { port: 80 };
    await context.config();
    assert.deepEqual(source.kept.at(-1)?.reads, { config: { port: 80 } });
    await context.config();
    assert.equal(source.kept.length, 1);
    await context.openPort(port('80'));
    assert.deepEqual(source.kept.at(-1), context.save());
  });

  it('goes on in the next agent as it was kept in this one', async () => {
    source.values = { port: 80 };
    await context.config();
    await context.ports();
    await context.openPort(port('80'));
    await context.closePort(port('81/udp'));
    source.values = { port: 99 };
    source.open = [port('9')];
    const adopted = new HookContext('id', source, source.kept.at(-1));
    assert.deepEqual(await adopted.config(), { port: 80 });
    assert.deepEqual((await adopted.ports()).map(formatPort), ['80/tcp']);
    assert.deepEqual(adopted.save(), context.save());
    assert.deepEqual(adopted.finish(), context.finish());
  });

  it('takes nothing for read or written that could not be kept', async () => {
    await context.openPort(port('80'));
    const keep = source.keep;
    source.keep = () => Promise.reject(new Error('the disk is full'));
    source.values = { port: 1 };
    await assert.rejects(context.config(), /the disk is full/);
    await assert.rejects(context.openPort(port('81')), /the disk is full/);
    await assert.rejects(context.closePort(port('80')), /the disk is full/);
    source.keep = keep;
    source.values = { port: 2 };
    assert.deepEqual(await context.config(), { port: 2 });
    assert.deepEqual(context.finish().ports, { opened: [port('80')], closed: [] });
  });

  it('is read back from the journal, also from one of an agent that kept less, and refused where it is damaged', async () => {
    source.values = { port: 80, word: 'é' };
    await context.config();
    await context.closePort(port('53/udp'));
    assert.deepEqual(savedHookContextSchema.parse(source.kept.at(-1)), context.save());
    assert.deepEqual(savedHookContextSchema.parse({}), new HookContext('new', source).save());
    assert.throws(() => savedHookContextSchema.parse({ writes: { ports: { opened: [{ number: 0 }] } } }));
  });

  it('does and tells nothing once it is over', async () => {
    await context.config();
    context.finish();
    const over = { code: 'hook-is-over' };
    await assert.rejects(context.config(), over);
    await assert.rejects(context.ports(), over);
    await assert.rejects(context.openPort(port('80')), over);
    await assert.rejects(context.log('INFO', ''), over);
    await assert.rejects(context.status(''), over);
    assert.deepEqual(context.finish().ports, { opened: [], closed: [] });
  });
});

describe('a port', () => {
  for (const [text, expected] of [
    ['80', '80/tcp'],
    ['53/udp', '53/udp'],
    ['53/UDP', '53/udp'],
    ['65535/tcp', '65535/tcp'],
  ] as const) {
    it(`is ${expected} when written as ${text}`, () => assert.equal(formatPort(port(text)), expected));
  }
  for (const text of [
    '',
    '0',
    '65536',
    '-1',
    '80/sctp',
    '80/',
    '/tcp',
    ' 80',
    '8e1',
    '0x50',
    '999999',
    '80\n',
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(parsePort(text), undefined));
  }
});
