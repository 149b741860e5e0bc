import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { open } from 'lmdb';
import { createClient } from 'node-zookeeper-client';
import { extract } from 'tar';
import { type Actor, createActor, fromPromise, setup } from 'xstate';
import { flushTogether } from '../../agent/disk/flush.js';
import { syncFileSystem } from '../../agent/disk/sync-file-system.js';
import { wrapper } from '../../hooks/process/wrapper.js';

/**
 * The agent of a `StraightUpgrade`: `node straight-agent.js HOST:PORT DIRECTORY UNITS`. It prints a line when its units
 * wait for their flags.
 */
const [address = '', directory = '', count = ''] = process.argv.slice(2);
const units = Array.from({ length: Number(count) }, (_, at) => `web-${at}`);
const client = createClient(address, { sessionTimeout: 30_000 });
const store = open<string, string>({ path: join(directory, 'journal'), encoding: 'string' });
let turn = 0;

async function journal(unit: string, step: string): Promise<void> {
  await store.transaction(() => store.putSync(unit, JSON.stringify({ unit, step, turn })));
  await store.flushed;
}

async function link(unit: string): Promise<void> {
  symlinkSync(`formula-${turn}`, join(directory, unit, 'next'));
  renameSync(join(directory, unit, 'next'), join(directory, unit, 'formula'));
  await flushTogether(join(directory, unit));
}

/** In a shell of its own session that notes what another agent would find it by, and how it ended. */
async function hook(unit: string): Promise<void> {
  const cwd = join(directory, unit, 'formula');
  const run = join(directory, unit, `run-${turn}`);
  mkdirSync(run);
  const env = {
    PATH: process.env.PATH,
    ENSEMBLE_UNIT_NAME: unit,
    ENSEMBLE_DATA_DIR: join(directory, unit),
  };
  const words = ['-c', wrapper, 'hook', run, 'hooks/upgrade-formula', '0', '0'];
  const [status] = await once(spawn('/bin/sh', words, { cwd, env, detached: true, stdio: 'ignore' }), 'exit');
  if (status !== 0) throw new Error(`the hook of ${unit} failed`);
}

let through: string[] = [];

/** Those that are through in the same turn of the event loop say so, and take their flags off, together. */
async function commit(unit: string): Promise<void> {
  if (through.push(unit) > 1) return;
  await new Promise(setImmediate);
  const transaction = client.transaction();
  const status = { state: 'started', formula: `formula-${turn}`, since: new Date().toISOString() };
  for (const name of through) {
    transaction.remove(`/straight/units/${name}/upgrade`);
    transaction.setData(`/straight/units/${name}/status`, Buffer.from(JSON.stringify(status)), -1);
  }
  through = [];
  transaction.commit((error) => {
    if (error) throw error;
  });
}

const step = (name: string, act: (unit: string) => Promise<void> = async () => undefined) =>
  fromPromise<void, string>(async ({ input: unit }) => {
    await journal(unit, name);
    await act(unit);
  });

const machine = setup({
  types: {
    context: {} as { unit: string },
    input: {} as { unit: string },
    events: {} as { type: 'UPGRADE' },
  },
  actors: {
    stage: fromPromise(() => stage()),
    pause: step('pausing'),
    swap: step('swapping', link),
    hook: step('hook', hook),
    commit: step('committing', commit),
    resume: step('resuming'),
  },
}).createMachine({
  context: ({ input }) => input,
  initial: 'started',
  states: {
    started: { on: { UPGRADE: 'staging' } },
    staging: { invoke: { src: 'stage', onDone: 'pausing' } },
    pausing: { invoke: { src: 'pause', input: ({ context }) => context.unit, onDone: 'swapping' } },
    swapping: { invoke: { src: 'swap', input: ({ context }) => context.unit, onDone: 'hook' } },
    hook: { invoke: { src: 'hook', input: ({ context }) => context.unit, onDone: 'committing' } },
    committing: { invoke: { src: 'commit', input: ({ context }) => context.unit, onDone: 'resuming' } },
    resuming: { invoke: { src: 'resume', input: ({ context }) => context.unit, onDone: 'started' } },
  },
});

let staging: Promise<void> | undefined;

/** Once for all units that come while it is under way. */
function stage(): Promise<void> {
  staging ??= stageForAll().finally(() => {
    staging = undefined;
  });
  return staging;
}

/** Extracted once, read once, written for each unit, and flushed together. */
async function stageForAll(): Promise<void> {
  const bundle = await read('/straight/service');
  turn += 1;
  const unpacked = join(directory, `unpacked-${turn}`);
  mkdirSync(unpacked);
  extract({ file: bundle, cwd: unpacked, sync: true });
  const entries = readdirSync(unpacked, { recursive: true, withFileTypes: true });
  const pathOf = ({ path, name }: (typeof entries)[number]): string => relative(unpacked, join(path, name));
  const directories = entries.filter((entry) => entry.isDirectory()).map(pathOf);
  const files = entries.filter((entry) => entry.isFile()).map(pathOf);
  const contents = files.map((path) => [path, readFileSync(join(unpacked, path))] as const);
  for (const unit of units) {
    const formula = join(directory, unit, `formula-${turn}`);
    mkdirSync(formula);
    for (const path of directories) mkdirSync(join(formula, path));
    for (const [path, content] of contents) {
      const file = openSync(join(formula, path), 'wx', 0o755);
      writeSync(file, content);
      closeSync(file);
    }
  }
  await syncFileSystem(directory);
}

function create(path: string): Promise<void> {
  return new Promise((resolve, reject) =>
    client.create(path, Buffer.from('{}'), (error) => (error ? reject(error) : resolve())),
  );
}

function read(path: string): Promise<string> {
  return new Promise((resolve, reject) =>
    client.getData(path, (error, data) => (error ? reject(error) : resolve(String(data)))),
  );
}

/** Watches what is asked of one unit. */
function look(unit: string, actor: Actor<typeof machine>, wasFlagged: boolean): void {
  const path = `/straight/units/${unit}`;
  let isFlagged = wasFlagged;
  client.getChildren(
    path,
    () => look(unit, actor, isFlagged),
    (error, names = []) => {
      if (error) throw error;
      isFlagged = names.includes('upgrade');
      if (isFlagged && !wasFlagged)
        void read(`${path}/upgrade`).then((flag) => {
          JSON.parse(flag);
          actor.send({ type: 'UPGRADE' });
        });
    },
  );
}

const connected = once(client, 'connected');
client.connect();
await connected;
for (const path of ['', '/units', '/service']) await create(`/straight${path}`);
for (const unit of units) {
  mkdirSync(join(directory, unit));
  await create(`/straight/units/${unit}`);
  await create(`/straight/units/${unit}/status`);
  const actor = createActor(machine, { input: { unit } });
  actor.start();
  look(unit, actor, false);
}
process.stdout.write('ready\n');
