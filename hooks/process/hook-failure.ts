import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnsembleError } from '../../state/platform/errors.js';
import { HookAborted, HookCannotStart, HookFailed, HookKilled, HookTimedOut } from '../errors.js';
import { tail } from './hook-log.js';
import type { HookOutcome, HookSpec } from './hook-run.js';

/**
 * The error an operator reads for a hook that did not succeed, with what it logged last; nothing for a success.
 * @param logOffset where the run's output begins (`RunningHook.logOffset`)
 */
export async function hookFailure(
  spec: HookSpec,
  outcome: HookOutcome,
  logOffset: number,
): Promise<EnsembleError | undefined> {
  const { unit, hook } = spec.run;
  if (outcome.kind === 'succeeded' || outcome.kind === 'missing') return undefined;
  if (outcome.kind === 'not-started') return new HookCannotStart({ unit, hook });
  const said = await tail(spec.logFile, logOffset);
  switch (outcome.kind) {
    case 'killed':
      return new HookKilled({ unit, hook, signal: outcome.signal, logFile: spec.logFile, lastLines: said });
    case 'aborted':
      return new HookAborted({ unit, hook, by: outcome.by, logFile: spec.logFile, lastLines: said });
    case 'timed-out':
      return new HookTimedOut({
        unit,
        hook,
        afterMs: outcome.afterMs,
        logFile: spec.logFile,
        lastLines: said,
      });
    case 'failed':
      return new HookFailed({
        unit,
        hook,
        status: outcome.exitCode,
        logFile: spec.logFile,
        lastLines: said,
        reason: await explain(spec, outcome.exitCode),
      });
  }
}

/**
 * The shell says "not found" of a script whose interpreter is missing, which sends its author the wrong way.
 * 127: not found, 126: cannot be executed (POSIX, "Exit Status for Commands").
 */
async function explain(spec: HookSpec, exitCode: number): Promise<string | undefined> {
  if (exitCode !== 126 && exitCode !== 127) return undefined;
  const interpreter = await readInterpreter(join(spec.formulaDirectory, 'hooks', spec.run.hook));
  if (interpreter)
    return `a command, or its own interpreter ${interpreter}, was not found or is not executable`;
  return 'a command was not found or is not executable';
}

async function readInterpreter(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return /^#!\s*([^\r\n]+)/.exec(buffer.toString('utf8', 0, bytesRead))?.[1];
  } finally {
    await file.close();
  }
}
