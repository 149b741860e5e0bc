import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { killRemains, removeHome, stopAgent, stopServices } from './demo/clean-up.js';
import { readGuestbook, signGuestbook } from './demo/guestbook.js';
import { freePortsInARow } from './demo/ports.js';
import { showSystem } from './demo/system.js';
import { Transcript } from './demo/transcript.js';

/**
 * `npm run demo`: deploys revision 1 of the guestbook, signs it, upgrades it to revision 2 and shows that the entries
 * are still there; then shows three services that find each other, which are scaled, upgraded by a canary that is promoted,
 * turned back from one that fails, and taken apart under traffic. Everything lives in one temporary directory and is gone afterwards, also after Ctrl-C.
 */

const UNITS = 3;
/** Milliseconds for an agent to come up on a slow machine. */
const AGENT_PATIENCE = 20_000;

const home = mkdtempSync(join(tmpdir(), 'ensemble-demo-'));
const agentLog = join(home, 'agent.log');
const transcript = new Transcript(home);
let agent: ChildProcess | undefined;
let interrupted: NodeJS.Signals | undefined;

async function demo(): Promise<void> {
  transcript.say('An environment on this machine, which needs nothing installed, and its agent:');
  await step(() => transcript.run('ensemble bootstrap'));
  await step(startAgent);

  transcript.say(`Revision 1 of a guestbook, ${UNITS} units of it:`);
  const base = await freePortsInARow(UNITS, 8080);
  await step(() =>
    transcript.run(`ensemble deploy --repository=principia ${portOption(base)}-n ${UNITS} guestbook-1`),
  );

  transcript.say('Each unit is a real service. Two guests sign:');
  await step(() => signGuestbook(transcript, base, 'Ada', 'so this is where we met'));
  await step(() => signGuestbook(transcript, base + 2, 'Grace', 'back soon'));
  await step(() => expectAnswer(base + 1, 'revision 1'));

  transcript.say('Revision 2 lies in the repository already. What would an upgrade change?');
  await step(() => transcript.run('ensemble upgrade-formula --dry-run guestbook'));

  transcript.say('The upgrade:');
  await step(() => transcript.run('ensemble upgrade-formula guestbook'));

  transcript.say('What each unit answers now: revision 2, with the entries of revision 1:');
  await step(() => expectAnswer(base, 'revision 2', 'Ada'));
  await step(() => expectAnswer(base + 1, 'revision 2'));
  await step(() => expectAnswer(base + 2, 'revision 2', 'Grace'));
  await step(() => transcript.run('ensemble status'));

  await step(() => transcript.run('ensemble destroy-service guestbook'));

  await showSystem({ transcript, home, step });
  transcript.say('The end: everything the demo made is removed.');
}

/** Nothing new is begun after Ctrl-C. */
async function step(work: () => Promise<unknown>): Promise<void> {
  if (interrupted === undefined) await work();
  if (interrupted !== undefined) throw new Error('interrupted');
}

async function startAgent(): Promise<void> {
  transcript.prompt('ensemble-agent &');
  agent = transcript.background('ensemble-agent', openSync(agentLog, 'a'));
  const end = Date.now() + AGENT_PATIENCE;
  while (!(await transcript.read('ensemble status --format json')).includes('"agent": "up"')) {
    if (agent.exitCode !== null || Date.now() > end) throw new Error('the agent does not come up');
    await pause(50);
  }
}

/** The guestbooks serve on 8080 and up, unless something else does. */
function portOption(base: number): string {
  if (base === 8080) return '';
  const file = join(home, 'ports.yaml');
  writeFileSync(file, `base-port: ${base}\n`);
  return `--config ${file} `;
}

async function expectAnswer(port: number, ...words: readonly string[]): Promise<void> {
  const answer = await readGuestbook(transcript, port);
  for (const word of words)
    if (!answer.includes(word)) throw new Error(`"${word}" is missing in what port ${port} answers`);
}

async function cleanUp(): Promise<void> {
  await stopServices(transcript, agent);
  if (agent !== undefined) await stopAgent(agent);
  killRemains(home);
  await removeHome(home);
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Also a second Ctrl-C only waits: what runs was started by the demo and must not stay. */
function interrupt(signal: NodeJS.Signals): void {
  if (interrupted === undefined) complain(`\n${signal}: cleaning up, a moment …`);
  interrupted ??= signal;
  if (!cleaning) transcript.interrupt();
}

let cleaning = false;
// A terminal that was closed, or a pipe's reader that is gone, is no reason to leave something behind.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);

let status = 0;
try {
  await demo();
} catch (error) {
  status = 1;
  if (interrupted === undefined) {
    complain(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    if (agent !== undefined) complain(`what its agent logged:\n${readFileSync(agentLog, 'utf8')}`);
  }
}
cleaning = true;
await cleanUp();
process.exitCode = interrupted === undefined ? status : 130;
if (process.exitCode === 0) complain('nothing is left: services, agent and files are gone');
