import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

/**
 * Has V8 compile the bundles in `bin` and keep the code beside them (`run.cache`, `agent.cache`). V8 compiles a function
 * when it is first called: so the agent runs a unit and upgrades it. Of the commands `status` is enough: with the code of
 * more of them each reads more than it gains.
 */
export async function compile(bin: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'ensemble-'));
  const env = { PATH: process.env.PATH, HOME: home, ENSEMBLE_HOME: home };
  const compiling = { ...env, ENSEMBLE_COMPILE: '' };
  try {
    for (const revision of [1, 2]) await writeFormula(join(home, 'formulas', `f-${revision}`), revision);
    const ensemble = async (words: readonly string[], variables = env): Promise<void> => {
      await promisify(execFile)(process.execPath, [join(bin, 'ensemble.cjs'), ...words], { env: variables });
    };
    await ensemble(['bootstrap']);
    const agent = spawn(process.execPath, [join(bin, 'ensemble-agent.js')], {
      env: compiling,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(agent, 'exit');
    try {
      await untilUp(agent.stdout);
      await ensemble(['deploy', '--timeout', '60s', '--repository', join(home, 'formulas'), 'f-1']);
      await ensemble(['upgrade-formula', '--timeout', '60s', '--repository', join(home, 'formulas'), 'f']);
      await ensemble(['status'], compiling);
    } finally {
      agent.kill();
      await ended;
    }
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** @throws if the agent ends before */
async function untilUp(log: Readable): Promise<void> {
  for await (const line of createInterface(log)) if (line.includes(' is up')) return;
  throw new Error('the agent that was built does not come up');
}

async function writeFormula(directory: string, revision: number): Promise<void> {
  await mkdir(join(directory, 'hooks'), { recursive: true });
  await writeFile(
    join(directory, 'metadata.yaml'),
    `name: f\nrevision: ${revision}\nsummary: compiled for\n`,
  );
  for (const hook of ['install', 'start', 'upgrade-formula'])
    await writeFile(join(directory, 'hooks', hook), '#!/bin/sh\n', { mode: 0o755 });
}
