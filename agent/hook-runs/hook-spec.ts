import { join } from 'node:path';
import { HookContext } from '../../hooks/context/hook-context.js';
import type { SavedHookContext } from '../../hooks/context/saved.js';
import { hookEnvironment } from '../../hooks/hook-environment.js';
import type { HookSpec } from '../../hooks/process/hook-run.js';
import type { UnitRecord } from '../journal/record.js';
import { commandOutput } from './command-output.js';
import { debugLimit } from './debugging.js';
import type { HookCall, HookHost } from './hook-call.js';
import { hookLog, hookSource } from './hook-source.js';

/** How one run of a hook, or of a command, is started or adopted. */
export function hookSpec(
  host: HookHost,
  hook: NonNullable<UnitRecord['hook']>,
  { upgrade, pending, relation, command }: HookCall,
): HookSpec {
  const { parts, directory } = host;
  const runDirectory = join(parts.directory.runs, hook.id);
  return {
    run: { id: hook.id, unit: host.name, hook: hook.name, attempt: hook.attempt, boot: hook.boot },
    formulaDirectory: directory.formula,
    ...(command && { command: command.words }),
    runDirectory,
    logFile: command === undefined ? hookLog(directory) : commandOutput(runDirectory),
    timeLimit: debugLimit(hook.debugged, command?.timeLimit ?? hook.timeLimit ?? parts.hookTimeLimit),
    killDelay: parts.hookKillDelay,
    environment: hookEnvironment({
      unit: host.name,
      hook: hook.name,
      attempt: hook.attempt,
      clientId: hook.id,
      formulaDirectory: directory.formula,
      dataDirectory: directory.data,
      socket: parts.directory.socket,
      toolDirectory: parts.directory.tools,
      ...(upgrade && { upgrade }),
      ...(pending && { pending }),
      ...(relation && { relation }),
    }),
  };
}

/**
 * Opens what the hook tools of a run are answered from, and makes it known by the run's id.
 * @param saved what the context of a run that an earlier agent started had come to
 */
export function openContext(
  host: HookHost,
  { relation }: Pick<HookCall, 'relation'>,
  id: string,
  saved?: SavedHookContext,
): HookContext {
  const context = new HookContext(id, hookSource(host, id), saved, relation);
  host.parts.contexts.set(id, context);
  return context;
}
