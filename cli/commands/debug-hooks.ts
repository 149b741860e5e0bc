import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { unlessGone } from '../../state/coordination/unless-gone.js';
import { requestDebugging } from '../../control/unit/debug-hooks.js';
import { debugRequestSchema } from '../../state/model/debugging.js';
import { parseSound } from '../../state/model/entity.js';
import { nodeOfUnit, paths } from '../../state/model/paths.js';
import { requireUnit } from '../../state/model/units.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requireAgent } from '../../control/run/require-agent.js';
import { requireHere } from '../observing/require-here.js';
import { startTmux, type TmuxSession } from '../observing/tmux.js';
import type { Output } from '../output/output.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

/** How often a session that nobody here is attached to is looked at, in milliseconds. */
const LOOK_INTERVAL = 1_000;

/**
 * Opens the unit's hooks in the windows of a tmux session as they fall due, instead of their being run, until the
 * operator leaves the session.
 */
export async function debugHooks(
  unit: string,
  hooks: readonly string[],
  { output, ...invocation }: Invocation,
): Promise<ExitCode> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interrupt.abort());
  }
  return withSession<ExitCode>({ output, ...invocation }, async (session) => {
    const { coordinator } = session;
    const { machine } = (await requireUnit(coordinator, unit)).value;
    const host = await requireAgent(session, unit, machine);
    const { debug: socket } = await requireHere(coordinator, unit, host);
    const patterns = hooks.length === 0 ? ['*'] : hooks;
    const tmux = await startTmux(socket, `${nodeOfUnit(unit)}-${process.pid}`, [
      `Waiting for hooks of ${unit}: ${patterns.join(' ')}`,
      'Each opens in a window of its own when it falls due. Leave with: C-b d',
    ]);
    try {
      const request = { hooks: [...patterns], session: tmux.name };
      await requestDebugging(coordinator, unit, request, requester(systemClock.now()));
      await attend(tmux, output, interrupt.signal);
    } finally {
      await withdraw(coordinator, unit, tmux.name);
      await leave(tmux, unit, output);
    }
    return 0;
  });
}

async function attend(tmux: TmuxSession, output: Output, interrupt: AbortSignal): Promise<void> {
  if (process.stdin.isTTY && process.stdout.isTTY) return tmux.attach();
  output.notice(`waiting for hooks; see them with: ${tmux.attachCommand}`);
  while (!interrupt.aborted && (await tmux.exists())) {
    await new Promise<void>((resolve) => {
      const timer = systemClock.after(LOOK_INTERVAL, resolve);
      const now = (): void => {
        timer.cancel();
        resolve();
      };
      if (interrupt.aborted) now();
      interrupt.addEventListener('abort', now, { once: true });
    });
  }
}

/** From here on hooks run as ever. Closing the session would do the same, but after the windows were looked at. */
async function withdraw(coordinator: Coordinator, unit: string, session: string): Promise<void> {
  const path = paths.debug(unit);
  const request = parseSound(path, debugRequestSchema, await coordinator.get(path), []);
  if (request?.value.session !== session) return;
  await unlessGone(() => coordinator.remove(path));
}

async function leave(tmux: TmuxSession, unit: string, output: Output): Promise<void> {
  const open = await tmux.windows();
  if (open.length === 0) return tmux.end();
  output.warn(`${unit} waits for ${open.join(', ')} to be closed in: ${tmux.attachCommand}`);
}
