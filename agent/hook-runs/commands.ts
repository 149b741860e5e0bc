import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { HookWrites } from '../../hooks/context/saved.js';
import { isSuccess } from '../../hooks/process/outcome.js';
import { removeRun } from '../../hooks/process/run-directory.js';
import { unlessGone } from '../../state/coordination/unless-gone.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { commandLine } from '../../state/model/command-line.js';
import { type CommandRequest, type CommandResult, commandRequestSchema } from '../../state/model/commands.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { type Entity, nodeValue, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type { UnitRecord } from '../journal/record.js';
import { sentence } from '../contract/log.js';
import { untilItWorks } from '../contract/retry.js';
import { describeEnd, readOutput } from './command-output.js';
import type { AgentParts } from '../machine/parts.js';
import { CommandClaims } from './command-claims.js';
import type { CommandCall, HookHost, HookParts } from './hook-call.js';
import { hookLog } from './hook-source.js';
import { untoldWith } from '../journal/untold-history.js';
import { applyWrites } from './run-hook.js';
import { runToItsEnd } from './run-to-its-end.js';
import { takeSlot } from './take-slot.js';

/** Answers that are remembered in case a request is seen again, as after its session expired. */
const MOST_ANSWERS = 10;

/** Milliseconds after which a unit says that a command waits for its turn: an operator waits for it too. */
const SAID_AFTER = 500;

/** The `ENSEMBLE_HOOK` of a command. */
const COMMAND_HOOK = 'run';

type Answer = Pick<CommandRequest, 'begunAt' | 'begunBy' | 'result'>;
type Requests = ReadonlyMap<string, Entity<CommandRequest>>;

/** The part of the commands' host that the unit's machine needs. */
interface CommandHost extends HookHost {
  readonly parts: Pick<AgentParts, HookParts | 'machine'>;
  look(): void;
}

/**
 * The commands that operators want run in a unit's context, one at a time and never beside a hook. A command is run at
 * most once, and its answer is written beside the workflow: a coordinator that is away keeps no hook waiting.
 */
export class UnitCommands {
  readonly #host: CommandHost;
  readonly #requests: () => Requests;
  /** By the ids of requests that were begun: the answer, when there is one. */
  readonly #answers = new Map<string, Answer | undefined>();
  /** When each request was first seen, by the monotonic clock: what an operator allows is for waiting and running. */
  readonly #seen = new Map<string, number>();
  readonly #claims: CommandClaims;
  /** Tells what this process has begun from what one before it did, which may have come to any end. */
  readonly #self = randomUUID();
  #writing: Promise<void> = Promise.resolve();
  /** While a command waits for its turn: ends that, as when it was taken back. */
  #unwanted: AbortController | undefined;

  constructor(host: CommandHost, requests: () => Requests) {
    this.#host = host;
    this.#requests = requests;
    this.#claims = new CommandClaims(host);
  }

  /** True if a command is due. One that was answered and comes again, after its session expired, is answered again. */
  due(): boolean {
    const requests = this.#requests();
    for (const id of this.#seen.keys()) if (!requests.has(id)) this.#seen.delete(id);
    this.#claims.keep(requests);
    for (const [id, { value }] of requests) {
      if (!this.#seen.has(id)) this.#seen.set(id, this.#host.parts.clock.monotonic());
      const answer = this.#answers.get(id);
      if (answer !== undefined && value.begunAt === undefined) this.#tell(id, answer);
    }
    const isDue = this.#next() !== undefined;
    if (!isDue) this.#unwanted?.abort();
    return isDue;
  }

  /** Begins no more of those that are let be. */
  close(): void {
    this.#claims.close();
  }

  /** Runs the next command, or sees the end of the one that an agent before this one started. */
  async runNext(): Promise<void> {
    const underWay = this.#host.record().hook?.command;
    if (underWay !== undefined) return this.#runOne(underWay, underWay);
    // Before it is said to have begun: while it waits for its turn it can be taken back, and its time limit counts.
    const giveBack = await this.#turn();
    const call = this.#next();
    try {
      if (call !== undefined && giveBack !== undefined && !this.#host.isStopped())
        await this.#runOne(call, undefined, giveBack);
    } finally {
      giveBack?.();
    }
  }

  /** @returns what gives the turn back; undefined where no command is due any more */
  async #turn(): Promise<(() => void) | undefined> {
    const unwanted = new AbortController();
    this.#unwanted = unwanted;
    try {
      return await takeSlot(this.#host, COMMAND_HOOK, SAID_AFTER, unwanted.signal);
    } catch (error) {
      if (unwanted.signal.aborted) return undefined;
      throw error;
    } finally {
      this.#unwanted = undefined;
    }
  }

  async #runOne(call: CommandCall, underWay?: CommandCall, giveBack?: () => void): Promise<void> {
    const begunAt = new Date(this.#host.parts.clock.now()).toISOString();
    const begin = { begunAt, begunBy: this.#self };
    const claim = underWay === undefined ? await this.#claims.claim(call.id, begin) : 'claimed';
    if (claim === 'withdrawn') return;
    const isAgain = underWay === undefined && this.#host.record().begun?.includes(call.id) === true;
    this.#remember(call.id);
    const answer =
      claim === 'begun-before'
        ? { result: await this.#lose(call) }
        : { ...begin, result: isAgain ? await this.#lose(call) : await this.#run(call, giveBack) };
    this.#tell(call.id, answer);
    this.#answers.set(call.id, answer);
  }

  #next(): CommandCall | undefined {
    const waiting = [...this.#requests()].filter(
      ([id, { value }]) => value.result === undefined && !this.#answers.has(id) && !this.#claims.isLetBe(id),
    );
    const [first] = waiting.sort(([, a], [, b]) => (a.value.requestedAt < b.value.requestedAt ? -1 : 1));
    if (first === undefined) return undefined;
    const [id, { value }] = first;
    return {
      id,
      words: [...value.command],
      by: value.by,
      ...(value.timeLimit !== undefined && { timeLimit: Math.max(1, value.timeLimit - this.#waited(id)) }),
    };
  }

  async #run(call: CommandCall, giveBack?: () => void): Promise<CommandResult> {
    const { parts, name } = this.#host;
    const begun = parts.clock.monotonic();
    const took = (): number => Math.round(parts.clock.monotonic() - begun);
    try {
      if (this.#host.record().formula === null) {
        const reason = 'the unit has no formula yet, and so no context to run it in';
        return { outcome: 'not-started', reason, output: '', leftOut: 0, took: 0 };
      }
      const { spec, context, outcome } = await this.#underItsName(() =>
        runToItsEnd(this.#host, {
          name: COMMAND_HOOK,
          command: call,
          ...(giveBack !== undefined && { giveBack }),
          through: () => ({}),
        }),
      );
      const writes = context.finish();
      parts.contexts.delete(spec.run.id);
      const { reason, ...ports } = isSuccess(outcome) ? await this.#write(writes) : {};
      const output = await readOutput(spec.logFile);
      const result = { ...describeEnd(outcome), ...output, took: took(), ...(reason && { reason }) };
      await this.#host.save({ hook: null, ...ports, news: this.#untoldAfter(call, result) });
      await removeRun(spec.runDirectory);
      return result;
    } catch (error) {
      parts.log.error('a command could not be run', { unit: name, error });
      const reason = sentence(error);
      const result = { outcome: 'not-started', reason, output: '', leftOut: 0, took: took() } as const;
      await this.#host.save({ hook: null, news: this.#untoldAfter(call, result) });
      return result;
    }
  }

  /**
   * A command that an agent before this one began, and that the journal does not have under way: it ended and its answer
   * got lost, or another agent had the machine, or the journal is of before. It may have run to its end.
   */
  async #lose(call: CommandCall): Promise<CommandResult> {
    const { parts, name } = this.#host;
    parts.log.warning('a command was begun by an agent before this one, and is not run again', {
      unit: name,
    });
    const result = { outcome: 'lost', output: '', leftOut: 0, took: 0 } as const;
    await this.#host.save({ news: this.#untoldAfter(call, result) });
    return result;
  }

  /** The unit's history tells how a command ended, whoever waits for that, and never what it printed. */
  #untoldAfter(
    { words, by }: CommandCall,
    { outcome, exit, signal, reason, took }: CommandResult,
  ): UnitRecord['news'] {
    const { parts } = this.#host;
    const end = exit === undefined ? (signal ?? outcome) : `exit status ${exit}`;
    return untoldWith(this.#host.record(), {
      at: new Date(parts.clock.now()).toISOString(),
      what: COMMAND_HOOK,
      outcome: outcome === 'exited' && exit === 0 && reason === undefined ? 'done' : 'failed',
      by,
      took,
      message: `${end}: ${commandLine(words)}`,
      details: { outcome, exit, signal, machine: parts.machine },
    });
  }

  /** If its changes cannot be written, the operator who asked is told: the command ran, and is not run again. */
  async #write(writes: HookWrites): Promise<{ readonly ports?: string[]; readonly reason?: string }> {
    try {
      return { ports: await applyWrites(this.#host, writes) };
    } catch (error) {
      return { reason: `what the command set cannot be written: ${sentence(error)}` };
    }
  }

  /**
   * The lines that a command logs by `ensemble-log` are in the unit's log, among those of what the hook before it
   * left running.
   */
  async #underItsName<T>(act: () => Promise<T>): Promise<T> {
    const { name, directory, parts } = this.#host;
    const file = hookLog(directory);
    const begins = (hook: string): string =>
      parts.logs.began(name, file, hook, statSync(file, { throwIfNoEntry: false })?.size ?? 0);
    const before = begins(COMMAND_HOOK);
    try {
      return await act();
    } finally {
      begins(before);
    }
  }

  #waited(id: string): number {
    const now = this.#host.parts.clock.monotonic();
    return now - (this.#seen.get(id) ?? now);
  }

  #remember(id: string): void {
    this.#seen.delete(id);
    this.#answers.set(id, undefined);
    const requests = this.#requests();
    for (const old of this.#answers.keys()) {
      if (this.#answers.size <= MOST_ANSWERS) break;
      if (!requests.has(old)) this.#answers.delete(old);
    }
  }

  /** One write after the other, so that the last one says the last. A request that is gone has nobody to tell. */
  #tell(id: string, answer: Answer): void {
    const { coordinator, clock, random, log } = this.#host.parts;
    const path = paths.command(this.#host.name, id);
    const write = (): Promise<void> =>
      retryOnConflict(
        path,
        async () => {
          const request = await readEntity(coordinator, path, commandRequestSchema);
          if (request === undefined) return;
          const value = nodeValue({ ...request.value, ...answer });
          await unlessGone(async () => {
            await coordinator.set(path, value, request.version);
          });
        },
        { clock, random },
      );
    this.#writing = this.#writing.then(() =>
      untilItWorks(write, {
        clock,
        random,
        mayHeal: (error) => error instanceof EnsembleError && !this.#host.isStopped(),
        failed: (error) => log.warning('the answer to a command waits', { unit: this.#host.name, error }),
      }).catch((error: unknown) =>
        log.error('the answer to a command is lost', { unit: this.#host.name, error }),
      ),
    );
  }
}
