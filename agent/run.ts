import { hostname } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { endProcess } from '../state/platform/end-process.js';
import { systemClock } from '../state/platform/clock.js';
import type { Environment } from '../state/environments/environment.js';
import { absoluteUrl, loadEnvironment } from '../state/environments/environments-file.js';
import { ADDRESS, ADDRESS_RULE } from '../state/environments/environments-schema.js';
import { ensembleHome } from '../state/environments/home.js';
import { withChoice } from '../state/environments/carry-choice.js';
import { EnsembleError } from '../state/platform/errors.js';
import { shellWord } from '../state/platform/shell-word.js';
import { explainedBySystem } from '../state/platform/system-errors.js';
import { ensembleVersion } from '../state/version.js';
import { startAgent } from './agent.js';
import { chooseMachine } from './choose-machine.js';
import { hostId } from './disk/remembered-machine.js';
import { hearCommitRejections } from './journal/unheard-rejections.js';
import { openLog, together } from './contract/log.js';
import { giveBackMemory, memoryOfProcess } from './memory-at-rest.js';
import { serviceUnit } from './service-unit.js';

interface Options {
  readonly environment?: string;
  readonly state?: string;
  readonly storage?: string;
  readonly machine?: string;
  readonly dataDir?: string;
  readonly address?: string;
  readonly takeOver?: boolean;
  readonly hookConcurrency?: number;
  readonly hookTimeout?: number;
  readonly acceptState?: boolean;
  readonly debug?: boolean;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const program = new Command('ensemble-agent')
  .description(
    'Hosts the units of this machine, in the foreground, until SIGTERM. Units and running hooks outlive it.',
  )
  .version(ensembleVersion())
  .option('-e, --environment <name>', 'the environment in environments.yaml ($ENSEMBLE_ENV)')
  .option('--state <url>', "the coordinator's URL, in the place of an environment's")
  .option('--storage <url>', "the storage's URL, in the place of an environment's")
  .option('--machine <name>', "the machine's name (default: m0 for an embedded environment, else the host's)")
  .option('--data-dir <dir>', 'where units live (default: $ENSEMBLE_HOME/<environment>/machines/<machine>)')
  .option(
    '--address <address>',
    "where other machines reach this one (default: the environment's address, or what the network says)",
    anAddress,
  )
  .option(
    '--take-over',
    'take the machine from the agent that has it, which stops; what only that one knows of its units is lost here',
  )
  .option('--hook-concurrency <n>', 'hooks that run at once (default: four for each core)', atLeastOne)
  .option(
    '--hook-timeout <seconds>',
    'how long a hook may take whose formula does not say (default: 3600)',
    atLeastOne,
  )
  .option(
    '--accept-state',
    'go by the state that is found, though it is older or another one: units that it lacks are put aside',
  )
  .option('--debug', 'log more, with stacks')
  .addHelpText('after', '\nExample:\n  ensemble-agent -e production --machine web1')
  .showHelpAfterError('(see ensemble-agent --help)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

/** The options, with a space in front, by which commands go to this agent's environment, once that is known. */
let choice = '';

/** The data directory, once that is known: what an error of the system is about that names no path. */
let place: string | undefined;

program.parse();
hearCommitRejections(program.opts<Options>().debug === true);
void run(program.opts<Options>());

async function run(options: Options): Promise<void> {
  const style = process.stdout.isTTY ? 'human' : 'json';
  const write = together(
    (text) => process.stdout.write(text),
    (listener) => process.once('exit', listener),
    systemClock,
  );
  const carried = (text: string): string => withChoice(text, choice);
  const log = openLog(write, style, systemClock.now, options.debug === true, carried);
  try {
    const configured = await chooseEnvironment(options);
    choice = choiceOfOptions(options);
    const environment =
      options.address === undefined ? configured : { ...configured, address: options.address };
    const { notice, ...chosen } = await chooseMachine({
      machine: options.machine,
      dataDir: options.dataDir,
      machines: join(ensembleHome(), environment.name, 'machines'),
      fixed: environment.state.startsWith('embedded:') ? 'm0' : undefined,
      hostname: shortHostname(),
      host: await hostId(),
    });
    place = chosen.dataDirectory;
    if (notice !== undefined) log.warning(notice);
    const service = serviceUnit();
    let losing = false;
    let asked: NodeJS.Signals | undefined;
    const agent = await startAgent({
      async breakable(work) {
        const brokenOff = new AbortController();
        const breakOff = (signal: NodeJS.Signals): void => {
          asked = signal;
          brokenOff.abort();
        };
        for (const signal of SIGNALS) process.on(signal, breakOff);
        try {
          return await work(brokenOff.signal);
        } finally {
          for (const signal of SIGNALS) process.off(signal, breakOff);
        }
      },
      environment,
      ...chosen,
      version: ensembleVersion(),
      log,
      clock: systemClock,
      random: Math.random,
      losing() {
        losing = true;
        for (const signal of SIGNALS)
          process.on(signal, () => log.info(`${signal}: stopping when the hooks here have ended`));
      },
      acceptState: options.acceptState === true,
      ...(service !== undefined && { service }),
      ...(options.takeOver === true && { takeOver: true }),
      ...(options.hookConcurrency !== undefined && { hookConcurrency: options.hookConcurrency }),
      ...(options.hookTimeout !== undefined && { hookTimeLimit: options.hookTimeout * 1_000 }),
    });
    void agent.failure.then((error) => {
      log.error('stopping; units and running hooks go on', { error });
      agent.stop().then(
        () => fail(error, options),
        () => fail(error, options),
      );
    });
    agent.lost.then(
      (error) => fail(error, options),
      (error: unknown) => fail(error, options),
    );
    giveBackMemory(systemClock, memoryOfProcess());
    const stop = (signal: NodeJS.Signals): void => {
      // It ends by itself.
      if (losing) return;
      log.info(`${signal}: stopping; units and running hooks go on`);
      agent.stop().then(
        () => endProcess(0),
        (error: unknown) => fail(error, options),
      );
    };
    for (const signal of SIGNALS) process.once(signal, stop);
    // Too late to break off the taking over of the machine.
    if (asked !== undefined) stop(asked);
  } catch (error) {
    fail(error, options);
  }
}

async function chooseEnvironment({ environment, state, storage }: Options): Promise<Environment> {
  if (state === undefined && storage === undefined) return loadEnvironment(environment);
  if (state === undefined || storage === undefined)
    return program.error('error: --state and --storage stand in for an environment together', {
      exitCode: 2,
    });
  const here = process.cwd();
  return {
    name: environment ?? 'adhoc',
    state: absoluteUrl(state, here),
    storage: absoluteUrl(storage, here),
  };
}

/**
 * What was chosen, as another command takes it. Who reads the log need not
 * have the agent's variables, so that `$ENSEMBLE_ENV` is a choice too.
 */
function choiceOfOptions({ environment, state, storage }: Options): string {
  const here = process.cwd();
  const words =
    state !== undefined && storage !== undefined
      ? ['--state', absoluteUrl(state, here), '--storage', absoluteUrl(storage, here)]
      : ['-e', environment ?? process.env.ENSEMBLE_ENV ?? ''];
  return words.includes('') ? '' : ` ${words.map(shellWord).join(' ')}`;
}

function fail(thrown: unknown, options: Options): void {
  const error = explainedBySystem(thrown, place);
  const known = error instanceof EnsembleError;
  const say = (text: string): void => {
    process.stderr.write(`${withChoice(text, choice)}\n`);
  };
  say(`ensemble-agent: ${error instanceof Error ? error.message : String(error)}`);
  if (known && error.next !== undefined) say(`  try: ${error.next}`);
  if (options.debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  endProcess(known ? error.exitCode : 1);
}

function atLeastOne(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return number;
}

function anAddress(text: string): string {
  if (!ADDRESS.test(text)) throw new InvalidArgumentError(`It ${ADDRESS_RULE}.`);
  return text;
}

function shortHostname(): string {
  return hostname().split('.', 1)[0] ?? 'localhost';
}
