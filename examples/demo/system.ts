import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { arePortsFree, freePortsInARow } from './ports.js';
import { makeRepository, writeBrokenNotes } from './git-repository.js';
import { send, Traffic } from './traffic.js';
import type { Stage } from './stage.js';
import type { Transcript } from './transcript.js';

/** Where units serve who were given no other base-port, as the formulas have it. */
const DEFAULT_PORTS = { store: 8500, notes: 8100, balancer: 8000 };
const UNITS = 3;
/** Milliseconds for units that were related, or left alone, to find that out. */
const PATIENCE = 20_000;

/**
 * Three services that find each other: a balancer, in front of notes, which are kept in a store. They are scaled and
 * upgraded while requests keep coming, and taken apart.
 * @throws Error when a single request fails
 */
export async function showSystem({ transcript, home, step }: Stage): Promise<void> {
  const ports = await choosePorts();
  const url = `http://127.0.0.1:${ports.balancer}/`;
  const repository = await makeRepository({ transcript, home, step });
  const deploy = (service: keyof typeof ports, formula: string): Promise<void> =>
    transcript.run(
      `ensemble deploy --repository=${repository.name} ${portOption(home, service, ports[service])}${formula}`,
    );

  transcript.say(
    'Services find each other. A store, notes that are kept in it, and a balancer in front of them:',
  );
  await step(() => deploy('store', 'store'));
  await step(() => deploy('notes', 'notes-1'));
  await step(() => deploy('balancer', 'balancer'));
  await step(() => transcript.run('ensemble add-relation notes store'));
  await step(() => transcript.run('ensemble add-relation balancer notes'));
  await step(() => untilAnswered(url));
  await step(() => writeNote(transcript, url, 'shopping', 'milk and bread'));

  transcript.say('From here on four clients send requests to the balancer, one after the other.');
  const traffic = new Traffic(url);
  try {
    transcript.say(`Two more units of notes, which the balancer takes on by itself:`);
    await step(() => transcript.run(`ensemble add-unit -n ${UNITS - 1} notes`));
    await step(() => untilServedBy(traffic, UNITS));
    showCount(transcript, traffic);

    transcript.say('Revision 2 of notes, on one unit at first, which is looked at before the others follow:');
    await step(() => transcript.run('ensemble upgrade-formula --canary 1 notes'));
    await step(() => untilServedBy(traffic, UNITS));
    showCount(transcript, traffic);
    transcript.say('It serves well, and so the others follow, one after the other:');
    await step(() => transcript.run('ensemble rollout promote notes'));
    await step(() => untilServedBy(traffic, UNITS));
    showCount(transcript, traffic);
    await step(() => transcript.run('ensemble status'));

    transcript.say(
      'Somebody publishes a revision 3 that cannot be upgraded to. Its canary finds out, and turns back:',
    );
    await step(async () => writeBrokenNotes(repository.directory));
    await repository.publish('Broken');
    await step(() => transcript.fail('ensemble upgrade-formula --canary 1 --on-failure revert notes'));
    await step(() => untilServedBy(traffic, UNITS));
    showCount(transcript, traffic);

    transcript.say('One unit fewer:');
    await step(() => transcript.run('ensemble remove-unit notes/0'));
    await step(() => untilServedBy(traffic, UNITS - 1));
  } finally {
    await traffic.stop();
  }
  showCount(transcript, traffic);
  await step(() => readNotes(transcript, url));

  transcript.say('Everything is taken apart:');
  await step(() => transcript.run('ensemble remove-relation balancer notes'));
  for (const service of ['balancer', 'notes', 'store'])
    await step(() => transcript.run(`ensemble destroy-service ${service}`));
}

/** The formulas' own ports, unless something else is there. */
async function choosePorts(): Promise<typeof DEFAULT_PORTS> {
  const { store, notes, balancer } = DEFAULT_PORTS;
  const wanted = [store, balancer, ...Array.from({ length: UNITS }, (_, unit) => notes + unit)];
  if (await arePortsFree(wanted)) return DEFAULT_PORTS;
  const base = await freePortsInARow(wanted.length, 9_000);
  return { store: base, balancer: base + 1, notes: base + 2 };
}

function portOption(home: string, service: keyof typeof DEFAULT_PORTS, port: number): string {
  if (port === DEFAULT_PORTS[service]) return '';
  const file = join(home, `${service}.yaml`);
  writeFileSync(file, `base-port: ${port}\n`);
  return `--config ${file} `;
}

/** Waits until a request goes all the way to the store. */
async function untilAnswered(url: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const status = await send(url).then(
      (answer) => answer.status,
      (error: Error) => error.message,
    );
    if (status === 200) return;
    if (Date.now() > end) throw new Error(`${url} does not answer: ${status}`);
    await pause(100);
  }
}

/** Waits until that many units answer, and nobody else. */
async function untilServedBy(traffic: Traffic, units: number): Promise<void> {
  const end = Date.now() + PATIENCE;
  traffic.served();
  for (;;) {
    const { answered } = traffic;
    while (traffic.answered < answered + 10 * units && Date.now() < end) await pause(20);
    const served = traffic.served().size;
    if (served === units) return;
    if (Date.now() > end) throw new Error(`${served} units answer, and not ${units}`);
  }
}

function showCount(transcript: Transcript, { answered, failures }: Traffic): void {
  const [first] = failures;
  if (first !== undefined) throw new Error(`${failures.length} requests failed, such as ${first}`);
  transcript.say(`${answered} requests were answered so far, and none failed.`);
}

async function writeNote(transcript: Transcript, url: string, name: string, text: string): Promise<void> {
  transcript.prompt(`curl -X PUT -d '${text}' ${url}${name}`);
  transcript.show((await send(url + name, text)).text);
}

async function readNotes(transcript: Transcript, url: string): Promise<void> {
  transcript.prompt(`curl ${url}`);
  const { text } = await send(url);
  transcript.show(text);
  for (const words of ['revision 2', 'milk and bread'])
    if (!text.includes(words)) throw new Error(`"${words}" is missing in what ${url} answers`);
}
