import { type Clock, pause, systemClock, type Timer } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { withdrawCommand } from '../../control/run/request-command.js';
import { type CommandResult, commandRequestSchema } from '../../state/model/commands.js';
import { parseEntity } from '../../state/model/entity.js';
import { UnitNotFound } from '../../state/model/errors.js';
import { isPresence, stoppedAt } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { formatDuration } from '../output/durations.js';
import type { Output } from '../output/output.js';
import type { AgentHost } from './require-agent.js';
import { watchWhatKeepsWaiting } from './what-keeps-waiting.js';

/** Milliseconds that an agent gets to end a command and to tell of it. */
const GRACE = 20_000;

/** Milliseconds that the coordinator gets to say whether a request is taken back. */
const WITHDRAWAL = 2_000;

/** Takes the request back, if it can be known at once that no agent begins it. */
async function withdrawn(
  coordinator: Coordinator,
  unit: string,
  id: string,
  clock: Clock,
): Promise<'withdrawn' | 'begun' | 'unknown'> {
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
  output: Output,
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
        if (!begun) output.notice(`the command waits: ${reason}`);
      });
      observations.push(waiting);
      const late = `no answer within ${formatDuration(timeout ?? 0)}`;
      // One that has begun is ended by the agent, which counts its waiting in; for one that does not answer, a while.
      const awaitItsEnd = (): void => {
        deadline = clock.after(GRACE, () => {
          output.warn(`${late}: the agent on ${machine} does not tell what became of it`);
          settle('too-late');
        });
      };
      const takeBack = async (): Promise<void> => {
        const keptBy = waiting.reason();
        const answer = await withdrawn(coordinator, unit, id, clock);
        if (isSettled) return;
        if (answer === 'begun') return awaitItsEnd();
        const said =
          answer === 'withdrawn' ? 'and taken back' : 'and it is not known whether it still will be';
        output.warn(`not begun within ${formatDuration(timeout ?? 0)}, ${said}: ${keptBy}`);
        settle('too-late');
      };
      if (timeout !== undefined)
        deadline = clock.after(timeout, () => (begun ? awaitItsEnd() : void takeBack().catch(reject)));
      let up = true;
      const give = async (): Promise<void> => {
        const answer = begun ? 'begun' : await withdrawn(coordinator, unit, id, clock);
        if (isSettled) return;
        output.notice(
          {
            begun: `it goes on, and what it prints is lost; to end it: ensemble abort ${unit}`,
            withdrawn: 'taken back; it had not begun',
            unknown: `it is not known whether it begins yet; see: ensemble history ${unit}`,
          }[answer],
        );
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
            const what = stoppedAt(node) === undefined ? 'went down' : 'was stopped';
            output.warn(`the agent on ${machine} ${what}; waiting for it to come back`);
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
