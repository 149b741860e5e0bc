import { type Clock, pause, systemClock, type Timer } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { withdrawCommand } from './request-command.js';
import { type CommandResult, commandRequestSchema } from '../../state/model/commands.js';
import { parseEntity } from '../../state/model/entity.js';
import { UnitNotFound } from '../../state/model/errors.js';
import { isPresence, stoppedAt } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import type { AgentHost } from './require-agent.js';
import { watchWhatKeepsWaiting } from './what-keeps-waiting.js';

/** Milliseconds that an agent gets to end a command and to tell of it. */
const GRACE = 20_000;

/** Milliseconds that the coordinator gets to say whether a request is taken back. */
const WITHDRAWAL = 2_000;

/** The fate of a request that nobody waits for any more. */
type Withdrawal = 'withdrawn' | 'begun' | 'unknown';

/** The events between a command and its result. */
export type WaitEvent =
  /** Why it has not begun. */
  | { readonly kind: 'waits'; readonly reason: string }
  /** It has begun, and its agent does not tell its end. `within`: milliseconds. */
  | { readonly kind: 'no-answer'; readonly within: number; readonly machine: string }
  | {
      readonly kind: 'not-begun';
      readonly within: number;
      readonly request: Exclude<Withdrawal, 'begun'>;
      readonly reason: string;
    }
  /** The one who asked waits no longer. */
  | { readonly kind: 'given-up'; readonly unit: string; readonly request: Withdrawal }
  /** The agent went down, or was stopped; it is waited for. */
  | { readonly kind: 'agent-left'; readonly machine: string; readonly isStopped: boolean };

/** Takes the request back, if it can be known at once that no agent begins it. */
async function withdrawn(
  coordinator: Coordinator,
  unit: string,
  id: string,
  clock: Clock,
): Promise<Withdrawal> {
  const inTime = new AbortController();
  const late = pause(clock, WITHDRAWAL, inTime.signal).then(() => 'unknown' as const);
  late.catch(() => undefined);
  const answer = withdrawCommand(coordinator, unit, id).then(
    (isWithdrawn) => (isWithdrawn ? 'withdrawn' : 'begun'),
    () => 'unknown' as const,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    inTime.abort();
  }
}

/**
 * Waits for the result of a command, and tells meanwhile what keeps it waiting. Ctrl-C ends the waiting: a request that
 * has not begun is taken back, one that has begun runs to its end.
 * @param timeout milliseconds for waiting and running; `too-late` is what took longer
 * @throws UnitNotFound where the unit goes meanwhile
 */
export async function awaitResult(
  coordinator: Coordinator,
  unit: string,
  id: string,
  { machine }: AgentHost,
  tell: (event: WaitEvent) => void,
  interrupt: AbortSignal,
  timeout: number | undefined,
  clock: Clock = systemClock,
): Promise<CommandResult | 'interrupted' | 'too-late'> {
  const observations: { close(): void }[] = [];
  let deadline: Timer | undefined;
  try {
    return await new Promise<CommandResult | 'interrupted' | 'too-late'>((resolve, reject) => {
      let begun = false;
      // Nothing more is told of one that is through, whatever comes while others are waited for.
      let isSettled = false;
      const settle = (end: CommandResult | 'interrupted' | 'too-late'): void => {
        isSettled = true;
        resolve(end);
      };
      const waiting = watchWhatKeepsWaiting(coordinator, clock, unit, machine, (reason) => {
        if (!begun) tell({ kind: 'waits', reason });
      });
      observations.push(waiting);
      // The agent ends a command that has begun, and counts its waiting in; an agent that does not answer gets a
      // while.
      const awaitItsEnd = (): void => {
        deadline = clock.after(GRACE, () => {
          tell({ kind: 'no-answer', within: timeout ?? 0, machine });
          settle('too-late');
        });
      };
      const takeBack = async (): Promise<void> => {
        const keptBy = waiting.reason();
        const answer = await withdrawn(coordinator, unit, id, clock);
        if (isSettled) return;
        if (answer === 'begun') return awaitItsEnd();
        tell({ kind: 'not-begun', within: timeout ?? 0, request: answer, reason: keptBy });
        settle('too-late');
      };
      if (timeout !== undefined)
        deadline = clock.after(timeout, () => (begun ? awaitItsEnd() : void takeBack().catch(reject)));
      let up = true;
      const give = async (): Promise<void> => {
        const answer = begun ? 'begun' : await withdrawn(coordinator, unit, id, clock);
        if (isSettled) return;
        tell({ kind: 'given-up', unit, request: answer });
        settle('interrupted');
      };
      const interrupted = (): void => void give().catch(reject);
      if (interrupt.aborted) interrupted();
      else interrupt.addEventListener('abort', interrupted, { once: true });
      observations.push({ close: () => interrupt.removeEventListener('abort', interrupted) });
      const path = paths.command(unit, id);
      observations.push(
        coordinator.observe(path, (node) => {
          try {
            const request = parseEntity(path, commandRequestSchema, node)?.value;
            // Where this client's session expired, its request comes again as it was asked: it has begun all the same.
            begun ||= request?.begunAt !== undefined;
            if (request?.result !== undefined) settle(request.result);
          } catch (error) {
            reject(error);
          }
        }),
        coordinator.observe(paths.unit(unit), (node) => {
          if (node === undefined) reject(new UnitNotFound({ unit }));
        }),
        coordinator.observe(paths.agent(machine), (node) => {
          if (up && !isPresence(node)) {
            tell({ kind: 'agent-left', machine, isStopped: stoppedAt(node) !== undefined });
          }
          up = isPresence(node);
        }),
      );
    });
  } finally {
    deadline?.cancel();
    for (const observation of observations) observation.close();
  }
}
