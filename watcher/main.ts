#!/usr/bin/env node
import { fstatSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command, InvalidArgumentError, Option } from 'commander';
import { withChoice } from '../state/environments/carry-choice.js';
import type { Environment } from '../state/environments/environment.js';
import { absoluteUrl, loadEnvironment, loadWatcherRules } from '../state/environments/environments-file.js';
import { NoEnvironments } from '../state/environments/errors.js';
import { noWatcherRules, type WatcherRules } from '../state/environments/watcher-section.js';
import { systemClock } from '../state/platform/clock.js';
import { endProcess } from '../state/platform/end-process.js';
import { EnsembleError } from '../state/platform/errors.js';
import { explainedBySystem } from '../state/platform/system-errors.js';
import { endsInItsOwnWay } from '../state/platform/when-signalled.js';
import { ensembleVersion } from '../state/version.js';
import { forgeWarnings } from './candidates/forge-warnings.js';
import { isJournal, type Log, openLog } from './contract/log.js';
import { keepListening } from './listener/keep-listening.js';
import { openListener } from './listener/open-listener.js';
import { WatcherMetrics } from './metrics/watcher-metrics.js';
import { openParts } from './parts.js';
import { startWatcher, type Watcher } from './watcher.js';

interface Options {
  readonly environment?: readonly string[];
  readonly state?: string;
  readonly storage?: string;
  readonly once?: true;
  readonly period: number;
  readonly debug?: true;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Milliseconds by the unit that a time is written with. */
const TIMES: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
/** Milliseconds that it may take to stop, as where a formula is just being fetched: less than systemd waits. */
const LONGEST_STOP = 20_000;
/** Milliseconds: more often, and repositories would take it for an attack. */
const SHORTEST_PERIOD = 1_000;

const program = new Command('ensemble-watcher')
  .description(
    'Looks for newer formulas in the repositories that services came from, for any number of environments, until SIGTERM. Of several for one environment one leads, and the others stand by.',
  )
  .version(ensembleVersion())
  .option('-e, --environment <name...>', 'the environments in environments.yaml ($ENSEMBLE_ENV)')
  .option('--state <url>', "the coordinator's URL, in the place of an environment's")
  .option('--storage <url>', "the storage's URL, in the place of an environment's")
  .option('--once', 'look once, and end')
  .addOption(
    new Option('--period <time>', 'from one look to the next, such as 60s, 5m or 1h')
      .argParser(aPeriod)
      .default(60_000, '60s'),
  )
  .option('--debug', 'log more, with stacks')
  .addHelpText('after', '\nExample:\n  ensemble-watcher -e production staging --period 5m')
  .showHelpAfterError('(see ensemble-watcher --help)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

// It waits nearly all the time, and would keep the room for what a look needs meanwhile: a third less, for a tenth more work.
setFlagsFromString('--optimize-for-size');
program.parse();
void run(program.opts<Options>());

async function run(options: Options): Promise<void> {
  const journal = isJournal(process.env, fstatSync(1)) ? 'journal' : 'json';
  const style = process.stdout.isTTY ? 'human' : journal;
  const log = openLog((text) => process.stdout.write(text), style, systemClock.now, options.debug === true);
  try {
    const environments = await chosenEnvironments(options);
    for (const { warnings = [], forges = [] } of environments)
      for (const warning of [...warnings, ...forgeWarnings(forges, process.env)]) log.warning(warning);
    const rules = await rulesOf(options);
    const once = options.once === true;
    const metrics = new WatcherMetrics(systemClock, ensembleVersion());
    const watcher = startWatcher({
      environments,
      period: options.period,
      version: ensembleVersion(),
      once,
      openParts: (led) => openParts(led, { rules, once, metrics }),
      polled: (outcome) => metrics.polled(outcome),
      passed: (ms) => metrics.passed(ms),
      clock: systemClock,
      random: Math.random,
      log,
    });
    let listener: { close(): Promise<void> } | undefined;
    const stop = (signal: NodeJS.Signals): void => {
      log.info(`${signal}: stopping`);
      void listener?.close();
      // Whoever looks next does what is left undone, wherever it is left.
      systemClock.after(LONGEST_STOP, () => endProcess(0));
      end(watcher, options, log);
    };
    endsInItsOwnWay();
    for (const signal of SIGNALS) process.once(signal, stop);
    const surroundings = { clock: systemClock, random: Math.random, log };
    if (!once) {
      listener = await keepListening(() => openListener(watcher, rules, metrics, surroundings), surroundings);
      return;
    }
    await watcher.once();
    end(watcher, options, log);
  } catch (error) {
    fail(error, options);
  }
}

function end(watcher: Watcher, options: Options, log: Log): void {
  watcher.stop().then(
    () => {
      log.debug('stopped');
      endProcess(0);
    },
    (error: unknown) => fail(error, options),
  );
}

/** Where an environment is given by its URLs there need be no file. */
async function rulesOf({ state }: Options): Promise<WatcherRules> {
  try {
    return await loadWatcherRules();
  } catch (error) {
    if (state === undefined || !(error instanceof NoEnvironments)) throw error;
    return noWatcherRules;
  }
}

async function chosenEnvironments({ environment, state, storage }: Options): Promise<readonly Environment[]> {
  if (state === undefined && storage === undefined) {
    const names = environment ?? [undefined];
    return Promise.all([...new Set(names)].map((name) => loadEnvironment(name)));
  }
  if (state === undefined || storage === undefined || environment !== undefined)
    return program.error('error: --state and --storage stand in for an environment together', {
      exitCode: 2,
    });
  const here = process.cwd();
  return [{ name: 'adhoc', state: absoluteUrl(state, here), storage: absoluteUrl(storage, here) }];
}

function fail(thrown: unknown, { environment, debug }: Options): void {
  const error = explainedBySystem(thrown, undefined);
  const [name] = environment ?? [];
  const say = (text: string): void => {
    process.stderr.write(`${withChoice(text, name === undefined ? '' : ` -e ${name}`)}\n`);
  };
  say(`ensemble-watcher: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof EnsembleError && error.next !== undefined) say(`  try: ${error.next}`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  endProcess(error instanceof EnsembleError ? error.exitCode : 1);
}

function aPeriod(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const period = Number(count) * (TIMES[unit] ?? 0);
  if (!(period >= SHORTEST_PERIOD)) throw new InvalidArgumentError('It must be such as 60s, 5m or 1h.');
  return period;
}
