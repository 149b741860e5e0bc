#!/usr/bin/env node
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { ensembleHome } from '../state/environments/home.js';
import { ensembleVersion } from '../state/version.js';
import { changeLayout } from './change-layout.js';
import type { Kind } from './detect.js';
import { EXIT, exitStatus } from './exit-status.js';
import { layBack } from './lay-back.js';
import { sentences } from './sentences.js';

interface Options {
  readonly home?: string;
  readonly dataDir?: readonly string[];
  readonly machine?: string;
  readonly check?: true;
  readonly plan?: true;
  readonly backup?: string;
  readonly back?: true;
  readonly create: boolean;
  readonly format: 'text' | 'json';
}

const program = new Command('ensemble-migrate')
  .description(
    'Brings directories of an older Ensemble to the layout of this one: $ENSEMBLE_HOME and the data directories of the agents in it. The programs run it by themselves.',
  )
  .version(ensembleVersion(), '-V, --version', 'print the version')
  .option('--home <directory>', 'this home alone, without the data directories in it')
  .option('--data-dir <directory...>', 'these data directories of agents alone')
  .option('--machine <machine>', 'whose data directory it is, where that does not say so')
  .option('--check', 'change nothing, and exit with 0 (current), 2 (needed), 3 (blocked) or 78 (too new)')
  .option('--plan', 'the same, and say what would be changed')
  .option('--backup <directory>', 'first copy what is to be changed into this directory')
  .addOption(
    new Option('--back', 'lay directories out again as release 0.1.0 reads them').conflicts(['backup']),
  )
  .option('--no-create', 'make nothing that is not there')
  .addOption(new Option('--format <format>', 'how to tell it').choices(['text', 'json']).default('text'))
  .addHelpText(
    'after',
    '\nExit status: 0 current, 2 needed (--check, --plan), 3 blocked, 64 wrong usage, 78 too new.\nExample:\n  ensemble-migrate --plan',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.usage));

program.parse();
void run(program.opts<Options>());

async function run(options: Options): Promise<void> {
  const dryRun = options.check === true || options.plan === true;
  const reports = [];
  for (const [kind, directory] of meant(options)) {
    const waiting = (): void => {
      process.stderr.write(`ensemble-migrate: another one is at work in ${directory}; waiting for it\n`);
    };
    const { machine, create, backup, back = false } = options;
    const report = back
      ? await layBack({ kind, directory, dryRun, waiting })
      : await changeLayout({ kind, directory, machine, dryRun, create, backup, waiting });
    reports.push(report);
    if (options.format === 'text') {
      const lines = sentences(report, !dryRun, back);
      process.stdout.write(`${(options.check === true ? lines.slice(0, 1) : lines).join('\n')}\n`);
    }
  }
  if (options.format === 'json') process.stdout.write(`${JSON.stringify({ directories: reports })}\n`);
  process.exitCode = exitStatus(reports);
}

/** The directories that the options name: the home comes first. */
function meant({ home, dataDir }: Options): readonly (readonly [Kind, string])[] {
  if (home !== undefined || dataDir !== undefined)
    return [
      ...(home === undefined ? [] : [['home', resolve(home)] as const]),
      ...(dataDir ?? []).map((directory) => ['data', resolve(directory)] as const),
    ];
  const own = ensembleHome();
  return [
    ['home', own],
    ...directoriesIn(own)
      .flatMap((environment) => directoriesIn(join(environment, 'machines')))
      .map((directory) => ['data', directory] as const),
  ];
}

function directoriesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(directory, name))
      .sort();
  } catch {
    // What cannot be listed is not there, or is told as the home is looked at.
    return [];
  }
}
