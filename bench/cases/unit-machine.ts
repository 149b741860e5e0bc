import { setImmediate as turn } from 'node:timers/promises';
import { type Actor, createActor } from 'xstate';
import { unitMachine } from '../../agent/unit/machine.js';
import type { Journalled, UnitOperations } from '../../agent/contract/operations.js';
import { noIntent } from '../../agent/unit/intent.js';
import type { Benchmark } from '../benchmark.js';
import { inPairs } from '../lab/measure.js';
import { ShellLoop } from '../lab/shell-loop.js';

/** xstate's share of a whole upgrade: the units' machines, with operations that do nothing. */
export const unitMachineAlone: Benchmark = {
  name: 'unit-machine',
  limit: 300,
  async run(quick) {
    const count = quick ? 100 : 1_000;
    const units = Array.from({ length: count }, () => new UnitWithoutWork());
    await turn();
    const loop = new ShellLoop();
    // The first turns compile it, as an agent's first rollout does.
    const { ours, floor, ratio } = await inPairs(
      quick ? 2 : 5,
      () => upgradeAll(units),
      () => loop.run(count),
      2,
    );
    const perUnit = (ms: number): string => (ms / count).toFixed(2);
    return {
      rows: [
        {
          what: `xstate alone: CPU of the machines of ${count} units in a whole upgrade, their operations doing nothing`,
          against: 'sequential shell loop: tar, ln, hook; all of it',
          figure: `${perUnit(ours.median)} ms a unit (against ${perUnit(floor.median)} ms)`,
          value: ratio.median,
          range: [ratio.least, ratio.most],
          bound: 'eleven states, nine of them with an actor that is made and ended',
        },
      ],
    };
  },
};

/** Milliseconds of CPU, V8's other threads included. */
async function upgradeAll(units: readonly UnitWithoutWork[]): Promise<number> {
  const before = process.cpuUsage();
  await Promise.all(units.map((unit) => unit.upgrade()));
  await turn();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** A unit's machine; what it does is only remembered. */
class UnitWithoutWork {
  readonly #actor: Actor<typeof unitMachine>;
  #journalled: Journalled = {
    state: 'started',
    step: undefined,
    verdict: 'resume',
    relationHookRuns: false,
    commandRuns: false,
    questionRuns: false,
    resumeIn: 'configuring',
    upgradingTo: undefined,
    upgradeAsked: undefined,
    since: '2026-01-01T00:00:00Z',
    rebooted: false,
    installed: true,
  };
  #revision = 1;
  #rests: () => void = () => undefined;

  constructor() {
    this.#actor = createActor(unitMachine, {
      input: { operations: this.#operations(), intent: noIntent },
    });
    this.#actor.start();
  }

  /** Resolves when it is through. */
  upgrade(): Promise<void> {
    this.#revision += 1;
    const to = `formulas:web-${this.#revision}`;
    const upgrade = { to, force: false, revert: false, revertOnError: false };
    return new Promise((resolve) => {
      this.#rests = resolve;
      this.#actor.send({ type: 'LOOK', intent: { ...noIntent, upgrade } });
    });
  }

  #operations(): UnitOperations {
    const nothing = async (): Promise<void> => undefined;
    const comesTo = (journalled: Partial<Journalled>) => async (): Promise<void> => {
      this.#journalled = { ...this.#journalled, ...journalled };
    };
    return {
      journalled: () => this.#journalled,
      takeUp: () => undefined,
      install: nothing,
      start: nothing,
      configure: comesTo({ state: 'started' }),
      relate: nothing,
      runCommand: nothing,
      part: nothing,
      ask: nothing,
      fetch: nothing,
      stage: nothing,
      pause: comesTo({ state: 'upgrading', step: 'swapping' }),
      swap: comesTo({ step: 'hook' }),
      upgradeHook: comesTo({ step: 'committing' }),
      gather: nothing,
      turnBack: nothing,
      commit: async () => {
        this.#journalled = { ...this.#journalled, step: 'resuming' };
        this.#actor.send({ type: 'LOOK', intent: noIntent });
      },
      resume: comesTo({ state: 'configuring', step: undefined }),
      stop: nothing,
      remove: nothing,
      settle: async () => this.#rests(),
    };
  }
}
