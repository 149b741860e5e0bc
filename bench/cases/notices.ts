import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeNotices, isQuiet, readHead } from '../../cli/notices/notices-file.js';
import { type NoticesOf, nothingNoted } from '../../cli/notices/record.js';
import { shellWord } from '../../state/platform/shell-word.js';
import type { Benchmark, Row } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { inPairs, sampleOf } from '../lab/measure.js';
import { timed } from '../lab/process.js';

/** Services of which the user's file knows something newer. */
const SERVICES = 1_000;

/** Runs that are measured together. */
const BATCH = 10;

/** Milliseconds that notices may add to a command that tells nothing. */
const AIM = 5;

/** What notices add to a command on a terminal, beside the same command with notices off. */
export const notices: Benchmark = {
  name: 'notices',
  limit: 400,
  async run(quick) {
    const lab = await Lab.open({ engine: 'embedded' });
    try {
      await writeFormula(lab.repository, 'web', 1);
      await lab.run('deploy', '--repository', lab.repository, '--no-wait', 'web');
      const rows: Row[] = [];
      for (const isTelling of [false, true]) rows.push(await measure(lab, isTelling, quick ? 2 : 8));
      return { rows };
    } finally {
      await lab.close();
    }
  },
};

async function measure(lab: Lab, isTelling: boolean, turns: number): Promise<Row> {
  const place = join(lab.directory, 'notices');
  const file = join(place, 'ensemble', 'notices.json');
  const env = { ...lab.variables, SHELL: '/bin/sh', TERM: 'xterm', XDG_STATE_HOME: place };
  const line = lab.command('get', 'web').map(shellWord).join(' ');
  const onTerminal = ['script', '-qec', line, '/dev/null'] as const;
  const prepare = (): void => {
    const now = Date.now();
    const entry = known(now, isTelling);
    if (!changeNotices(file, lab.state, () => ({ entry, introduced: true }), now))
      throw new Error(`${file} cannot be written`);
  };
  prepare();
  // The measure means nothing where the command goes another way.
  const { stdout } = spawnSync(onTerminal[0], onTerminal.slice(1), { env, encoding: 'utf8' });
  const isQuietNow = isQuiet(readHead(file) ?? nothingNoted, lab.state, Date.now());
  if (stdout.includes('to take it: ') !== isTelling || !isQuietNow) throw new Error(`it prints ${stdout}`);
  // In batches, as the kernel counts the processor's time by 10 ms; on a busy machine the time of the clock says less.
  const batch = (variables: NodeJS.ProcessEnv, before: () => void): number => {
    let spent = 0;
    for (let run = 0; run < BATCH; run += 1) {
      before();
      const begun = processorOfChildren();
      timed(onTerminal, { env: variables });
      spent += processorOfChildren() - begun;
    }
    return spent / BATCH;
  };
  const off = { ...env, ENSEMBLE_NO_NOTICES: '1' };
  const { ours, floor } = await inPairs(
    turns,
    () => batch(env, isTelling ? prepare : () => undefined),
    () => batch(off, () => undefined),
  );
  const added = sampleOf(ours.runs.map((ms, index) => ms - (floor.runs[index] ?? Number.NaN)));
  return {
    what: `notices, ${SERVICES} services known to be behind: ms of the processor that ${isTelling ? 'telling of one' : 'telling nothing'} adds`,
    against: '–',
    figure: `${added.median.toFixed(1)} ms (the command ${floor.median.toFixed(0)} ms)`,
    value: added.median,
    range: [added.least, added.most],
    // To tell takes the file's lock and writes it: once for each revision, or once a day.
    ...(!isTelling && { aim: AIM }),
    bound: isTelling
      ? 'the file read and written anew, of which one service is parsed; a few modules more'
      : 'one line of a file, which says until when there is nothing to do',
  };
}

/** Milliseconds of the processor that the children of this process took which have ended, and theirs. */
function processorOfChildren(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  // Fields 16 and 17 of proc(5), in ticks of 10 ms.
  return 10 * (Number(fields[13]) + Number(fields[14]));
}

/** All of it was told, but for one service where it is to be told. */
function known(now: number, isTelling: boolean): NoticesOf {
  const names = ['web', ...Array.from({ length: SERVICES - 1 }, (_, index) => `web-${index}`)];
  const told = isTelling ? names.slice(1) : names;
  return {
    begun: now,
    checked: now,
    offers: Object.fromEntries(
      names.map((name) => [
        name,
        { formula: `formulas:${name}-1`, offers: [{ revision: 2, class: 'eligible', urgent: null }] },
      ]),
    ),
    told: Object.fromEntries(
      told.map((name) => [name, { [`formulas:${name}-1`]: { at: now, revisions: [2], urgent: {} } }]),
    ),
  };
}
