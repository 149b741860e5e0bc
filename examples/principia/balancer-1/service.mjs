// What the hooks share: starting and stopping the balancer, and telling it which units there are.
//
// The balancer outlives the hook that starts it, so it gets a session of its own and lets go of the hook's output. It
// says in a file which process it is once it answers; that file is believed only as long as the process really is this
// unit's balancer, since numbers of processes are used again.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const { ENSEMBLE_UNIT_NAME: unit, ENSEMBLE_DATA_DIR: data, ENSEMBLE_FORMULA_DIR: formula } = process.env;
/** Milliseconds to start, and to end by itself, which takes as long as the requests under way. */
const PATIENCE = 20_000;
const pidFile = join(data, 'pid');
/** How the balancer that runs was started: address, port, patience. */
const startedFile = join(data, 'started.json');
const backendsFile = join(data, 'backends.json');
const logFile = join(data, 'service.log');

/** Calls a hook tool and gives what it printed. */
export function tool(...words) {
  return execFileSync(words[0], words.slice(1), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

function ask(...words) {
  return JSON.parse(tool(...words, '--format', 'json'));
}

/** Whole or not at all: the balancer may read it at any moment. */
function write(file, value) {
  writeFileSync(`${file}.new`, JSON.stringify(value));
  renameSync(`${file}.new`, file);
}

/** Several units may share a machine: unit number N serves on base-port + N. */
function wanted() {
  const config = ask('config-get');
  const port = config['base-port'] + Number(unit.split('/')[1]);
  return [config.listen, `${port}`, `${config.patience}`];
}

/** The balancer's process, or undefined where it does not run. */
function running() {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes(data) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Fine where it runs already. */
export async function start() {
  if (running() === undefined) {
    await stop(); // one that died may have left its pid and an open port
    await launch(wanted());
  }
  tool('open-port', JSON.parse(readFileSync(startedFile, 'utf8'))[1]);
}

/** Returns when the balancer answers. */
async function launch(words) {
  write(startedFile, words);
  if (!existsSync(backendsFile)) write(backendsFile, []);
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [join(formula, 'server.mjs'), data, ...words], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  for (const end = Date.now() + PATIENCE; running() === undefined; await pause(20)) {
    if (child.exitCode === null && child.signalCode === null && Date.now() < end) continue;
    child.kill('SIGKILL');
    throw new Error(`the balancer does not start: ${readFileSync(logFile, 'utf8').slice(-500)}`);
  }
}

/** Fine where it does not run. Returns when the process is gone, so that its port is free. */
export async function stop() {
  const end = Date.now() + PATIENCE;
  for (let pid = running(); pid !== undefined; pid = running()) {
    signal(pid, Date.now() < end ? 'SIGTERM' : 'SIGKILL');
    await pause(50);
  }
  rmSync(pidFile, { force: true });
  if (!existsSync(startedFile)) return;
  tool('close-port', JSON.parse(readFileSync(startedFile, 'utf8'))[1]);
  rmSync(startedFile);
}

/** A balancer that runs is started anew where the config says otherwise than it was started. */
export async function configure() {
  if (running() === undefined || readFileSync(startedFile, 'utf8') === JSON.stringify(wanted())) return;
  await stop();
  await start();
}

/**
 * Tells the balancer which units there are: those that have said where they serve. Every hook of the relation comes
 * here, since what is there now is all that counts; in `departed` the unit that went is no longer among them.
 */
export function follow() {
  const members = ask('relation-ids', 'http').flatMap((relation) =>
    ask('relation-list', '-r', relation).map((each) => ({ relation, unit: each })),
  );
  const backends = members
    .map(({ relation, unit: each }) => ({ unit: each, ...ask('relation-get', '-r', relation, '-', each) }))
    .filter(({ host, port }) => host && port)
    .map(({ unit: each, host, port }) => ({ unit: each, host, port: Number(port) }));
  write(backendsFile, backends);
  const pid = running();
  if (pid !== undefined) signal(pid, 'SIGHUP');
  tellStatus();
}

/** What operators see of it. */
export function tellStatus() {
  const count = JSON.parse(readFileSync(backendsFile, 'utf8')).length;
  if (count === 0) tool('status-set', '--state', 'waiting', 'knows no unit to pass requests on to');
  else tool('status-set', '--state', 'active', `passes on to ${count} ${count === 1 ? 'unit' : 'units'}`);
}
