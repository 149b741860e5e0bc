import { type Actor, createActor } from 'xstate';
import { unitMachine } from '../../../agent/unit/machine.js';
import type { Journalled, UnitOperations, Intent } from '../../../agent/contract/operations.js';
import { noIntent } from '../../../agent/unit/intent.js';
import { isErrorState, type WorkflowState } from '../../../state/model/workflow-state.js';

type OperationName = Exclude<keyof UnitOperations, 'journalled' | 'settle'>;

interface Held {
  readonly name: OperationName;
  readonly signal: AbortSignal | undefined;
  finish(): void;
  fail(error: unknown): void;
}

const states: Partial<Record<OperationName, WorkflowState>> = {
  install: 'installing',
  start: 'starting',
  configure: 'configuring',
  relate: 'started',
  pause: 'upgrading',
  turnBack: 'upgrading',
  swap: 'upgrading',
  upgradeHook: 'upgrading',
  commit: 'upgrading',
  resume: 'upgrading',
  stop: 'stopping',
  remove: 'stopped',
};

const steps = {
  pause: 'swapping',
  turnBack: 'swapping',
  swap: 'swapping',
  upgradeHook: 'hook',
  commit: 'committing',
  resume: 'resuming',
} as const;

/**
 * The unit's machine on operations that do nothing but journal as the real ones do, and note that they were called.
 * An operation succeeds at once, unless it is to fail or to be held.
 */
export class ScriptedUnit {
  /** What was called, in order; a state the unit came to rest in stands in brackets. */
  readonly calls: string[] = [];
  readonly actor: Actor<typeof unitMachine>;
  intent: Intent = noIntent;
  journal: Journalled;
  readonly #failures = new Map<OperationName, number>();
  readonly #holds = new Set<OperationName>();
  readonly #held: Held[] = [];

  constructor(journal: Partial<Journalled> = {}) {
    this.journal = {
      state: 'pending',
      step: undefined,
      verdict: 'resume',
      resumeIn: 'configuring',
      upgradingTo: undefined,
      since: '2026-01-01T00:00:00Z',
      upgradeAsked: undefined,
      installed: journal.state !== undefined,
      relationHookRuns: false,
      commandRuns: false,
      questionRuns: false,
      rebooted: false,
      ...journal,
    };
    this.actor = createActor(unitMachine, {
      input: { operations: this.#operations(), intent: noIntent },
    });
    this.actor.subscribe({ error: (error) => this.calls.push(`bug: ${error}`) });
  }

  /** The operation fails so many times before it succeeds. */
  failing(name: OperationName, times = 1): this {
    this.#failures.set(name, times);
    return this;
  }

  /** The operation waits for `finish` or `fail` from now on. */
  holding(...names: OperationName[]): this {
    for (const name of names) this.#holds.add(name);
    return this;
  }

  async start(intent: Partial<Intent> = {}): Promise<this> {
    this.actor.start();
    return this.look(intent);
  }

  /** Changes what is wanted, and waits until the machine has done what it can. */
  async look(intent: Partial<Intent> = {}): Promise<this> {
    this.intent = { ...this.intent, ...intent };
    this.actor.send({ type: 'LOOK', intent: this.intent });
    return this.quiet();
  }

  async quiet(): Promise<this> {
    // Nothing here waits for anything but promises, all of which are through after a turn of the event loop.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return this;
  }

  held(name: OperationName): Held {
    const found = this.#held.findLast((held) => held.name === name);
    if (found === undefined) throw new Error(`${name} was not called: ${this.calls.join(' ')}`);
    return found;
  }

  async finish(name: OperationName): Promise<this> {
    this.#holds.delete(name);
    this.held(name).finish();
    return this.quiet();
  }

  async fail(name: OperationName): Promise<this> {
    this.#holds.delete(name);
    this.held(name).fail(new Error(`${name} failed`));
    return this.quiet();
  }

  /** The calls since the last time it was asked. */
  since(): string {
    return this.calls.splice(0).join(' ');
  }

  #operations(): UnitOperations {
    return {
      journalled: () => this.journal,
      takeUp: () => undefined,
      settle: (state, failure) => this.#settle(state, failure),
      install: (signal) => this.#run('install', signal),
      start: () => this.#run('start'),
      configure: () => this.#run('configure'),
      relate: () => this.#run('relate'),
      runCommand: () => this.#run('runCommand'),
      part: () => this.#run('part'),
      ask: () => this.#run('ask'),
      fetch: (signal) => this.#run('fetch', signal),
      stage: (signal) => this.#run('stage', signal),
      pause: () => this.#run('pause'),
      swap: () => this.#run('swap'),
      upgradeHook: () => this.#run('upgradeHook'),
      gather: async () => undefined,
      turnBack: () => this.#run('turnBack'),
      commit: () => this.#run('commit'),
      resume: () => this.#run('resume'),
      stop: () => this.#run('stop'),
      remove: () => this.#run('remove'),
    };
  }

  async #settle(state: WorkflowState, failure: unknown): Promise<void> {
    this.calls.push(failure === undefined ? `[${state}]` : `[${state}: ${(failure as Error).message}]`);
    await Promise.resolve();
    const kept = state === 'upgrade-error' ? {} : { step: undefined, upgradingTo: undefined };
    this.journal = { ...this.journal, state, ...kept };
  }

  async #run(name: OperationName, signal?: AbortSignal): Promise<void> {
    this.calls.push(name);
    this.#journal(name);
    await Promise.resolve();
    const failures = this.#failures.get(name) ?? 0;
    if (failures > 0) {
      this.#failures.set(name, failures - 1);
      throw new Error(`${name} failed`);
    }
    if (this.#holds.has(name)) {
      await new Promise<void>((resolve, reject) =>
        this.#held.push({ name, signal, finish: resolve, fail: reject }),
      );
    }
    this.#done(name);
  }

  #journal(name: OperationName): void {
    if (name === 'start') this.journal = { ...this.journal, rebooted: false };
    // A command is due once, from the moment it is taken up; so is a question.
    if (name === 'runCommand') this.#tell({ run: false });
    if (name === 'ask') this.#tell({ asks: false });
    const state = states[name];
    if (state === undefined) return;
    const honours = isErrorState(this.journal.state) && this.intent.resolved !== undefined;
    this.journal = {
      ...this.journal,
      state,
      ...(state !== 'upgrading' && { step: undefined, upgradingTo: undefined }),
      ...(name in steps && { step: steps[name as keyof typeof steps] }),
      ...(name === 'pause' && { upgradingTo: this.intent.upgrade?.to }),
    };
    if (honours) queueMicrotask(() => this.#tell({ resolved: undefined }));
    // What the hooks are about to see is noted before they run.
    if (name === 'configure' || name === 'start')
      queueMicrotask(() => this.#tell({ configure: false, reconfigure: false }));
  }

  #done(name: OperationName): void {
    if (name === 'install') this.journal = { ...this.journal, installed: true };
    // It is left at once, and a hook that an agent before left running is adopted.
    if (name === 'part') {
      this.journal = { ...this.journal, relationHookRuns: false };
      this.#tell({ leave: 'nothing' });
    }
    if (name === 'resume' && this.intent.upgrade?.to === this.journal.upgradingTo)
      this.#tell({ upgrade: undefined });
  }

  #tell(intent: Partial<Intent>): void {
    this.intent = { ...this.intent, ...intent };
    this.actor.send({ type: 'LOOK', intent: this.intent });
  }
}
