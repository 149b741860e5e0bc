import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** The fault that fires at a point. `hang` never comes back; `delay` takes a second. */
export type FaultKind = 'kill' | 'throw' | 'hang' | 'enospc' | 'delay';

interface Fault {
  readonly point: string;
  readonly kind: FaultKind;
  readonly once: boolean;
  /** It fires when this process passes the point for this time. */
  readonly time: number;
}

/** The error of the kind `throw`: a failure that nothing in the product knows. */
class InjectedFault extends Error {
  constructor(readonly point: string) {
    super(`fault injected at ${point}`);
  }
}

const kinds: readonly string[] = ['kill', 'throw', 'hang', 'enospc', 'delay'] satisfies FaultKind[];

/**
 * Reads `ENSEMBLE_FAULTS`, e.g. `swapping.link.before=kill,fetching.fetch.after=throw:always`, or `…=kill:3` for the third time. It counts only where
 * `ENSEMBLE_ALLOW_FAULTS` names a directory: there a fault that fires once leaves its mark, so that it does not fire
 * again in the next agent either; and every point passed is noted in its file `passed`.
 */
function armFaults(variables: NodeJS.ProcessEnv): ((point: string) => Promise<void>) | undefined {
  const { ENSEMBLE_FAULTS: text, ENSEMBLE_ALLOW_FAULTS: directory } = variables;
  if (text === undefined || !directory) return undefined;
  mkdirSync(directory, { recursive: true });
  const faults = text.split(',').flatMap(parseFault);
  const passed = new Map<string, number>();
  return async (point) => {
    appendFileSync(join(directory, 'passed'), `${point}\n`);
    const times = (passed.get(point) ?? 0) + 1;
    passed.set(point, times);
    for (const fault of faults) {
      if (fault.point !== point || times < fault.time) continue;
      if (!fault.once || markFired(directory, point)) await fire(fault);
    }
  };
}

const pass = armFaults(process.env);

/**
 * A named place where a test may have the agent killed, or its step fail or hang (as snapd's `SNAPD_FAULT_INJECT`).
 * One stands before and after every durable write and every outside effect: `<state or step>.<effect>.before|after`.
 * Outside such a test it does nothing.
 */
export function faultPoint(point: string): Promise<void> | undefined {
  return pass?.(point);
}

/** Does `act` between the fault points `<name>.before` and `<name>.after`. */
export async function betweenFaults<T>(name: string, act: () => Promise<T>): Promise<T> {
  if (pass === undefined) return act();
  await pass(`${name}.before`);
  const result = await act();
  await pass(`${name}.after`);
  return result;
}

function parseFault(text: string): readonly Fault[] {
  const [point = '', action = ''] = text.trim().split('=');
  const [kind = '', often = ''] = action.split(':');
  if (point === '' || !kinds.includes(kind)) return [];
  const time = /^\d+$/.test(often) ? Number(often) : 1;
  return [{ point, kind: kind as FaultKind, once: often !== 'always', time }];
}

function markFired(directory: string, point: string): boolean {
  try {
    closeSync(openSync(join(directory, `fired-${point}`), 'wx'));
    return true;
  } catch {
    return false;
  }
}

async function fire({ point, kind }: Fault): Promise<void> {
  switch (kind) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined);
    case 'hang':
      return new Promise(() => undefined);
    case 'delay':
      return new Promise((resolve) => setTimeout(resolve, 1_000));
    case 'enospc':
      throw Object.assign(new Error(`no space left on device (${point})`), { code: 'ENOSPC' });
    case 'throw':
      throw new InjectedFault(point);
  }
}
