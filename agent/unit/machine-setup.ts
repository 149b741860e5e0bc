import { and, assign, fromPromise, not, raise, setup, stateIn } from 'xstate';
import { isErrorState, type UpgradeStep, type WorkflowState } from '../../state/model/workflow-state.js';
import { isAskedAgain } from '../hook-runs/await-retry.js';
import { NotPrepared, type UnitOperations, type WantedFormula, type Intent } from '../contract/operations.js';

interface UnitContext {
  readonly operations: UnitOperations;
  readonly intent: Intent;
  /** The formula that the preparation is at work for. */
  readonly preparing: WantedFormula | undefined;
  /** Why the last operation failed. */
  readonly failure: unknown;
}

/**
 * `LOOK`: something that matters may have changed; the event carries the whole of what is wanted now, no difference.
 */
type UnitEvent =
  | { readonly type: 'LOOK'; readonly intent: Intent }
  | { readonly type: 'UPGRADED' }
  /** The prepared formula is not there after all. */
  | { readonly type: 'UNPREPARED' }
  | { readonly type: 'LEAVING' };

interface Prepared {
  readonly operations: UnitOperations;
  readonly prepared: WantedFormula | undefined;
}

interface Rest {
  readonly operations: UnitOperations;
  readonly state: WorkflowState;
  readonly failure: unknown;
}

function preparation(run: (unit: UnitOperations, signal: AbortSignal) => Promise<void>) {
  return fromPromise<void, UnitOperations>(({ input, signal }) => run(input, signal));
}

function operation(run: (unit: UnitOperations, signal: AbortSignal) => Promise<void>) {
  return preparation((unit, signal) => unit.takeUp()?.then(() => run(unit, signal)) ?? run(unit, signal));
}

/** The parts of the unit's machine; `machine.ts` says which state comes next. */
export const unitSetup = setup({
  types: {
    context: {} as UnitContext,
    events: {} as UnitEvent,
    input: {} as { readonly operations: UnitOperations; readonly intent: Intent },
  },
  actors: {
    install: operation((unit, signal) => unit.install(signal)),
    start: operation((unit) => unit.start()),
    configure: operation((unit) => unit.configure()),
    relate: operation((unit) => unit.relate()),
    runCommand: preparation((unit) => unit.runCommand()),
    part: preparation((unit) => unit.part()),
    ask: preparation((unit) => unit.ask()),
    fetch: preparation((unit, signal) => unit.fetch(signal)),
    stage: preparation((unit, signal) => unit.stage(signal)),
    pause: fromPromise<void, Prepared>(
      ({ input: { operations: unit, prepared } }) =>
        unit.takeUp()?.then(() => unit.pause(prepared)) ?? unit.pause(prepared),
    ),
    swap: operation((unit) => unit.swap()),
    upgradeHook: operation((unit) => unit.upgradeHook()),
    // An agent that waits for others and dies has not tried anything.
    gather: preparation((unit) => unit.gather()),
    turnBack: operation((unit) => unit.turnBack()),
    commit: operation((unit) => unit.commit()),
    resume: operation((unit) => unit.resume()),
    stop: operation((unit) => unit.stop()),
    remove: operation((unit) => unit.remove()),
    settle: fromPromise<void, Rest>(({ input }) => input.operations.settle(input.state, input.failure)),
  },
  guards: {
    journalledAs: ({ context }, { state }: { readonly state: WorkflowState }) =>
      context.operations.journalled().state === state,
    journalledAt: ({ context }, { step }: { readonly step: UpgradeStep }) =>
      context.operations.journalled().step === step,
    resumesIn: ({ context }, { state }: { readonly state: WorkflowState }) =>
      context.operations.journalled().resumeIn === state,
    wantsRemoval: ({ context }) => context.intent.removal,
    wantsConfigure: ({ context }) => context.intent.configure,
    /** A new value may be what was missing: it is tried without an operator's word. */
    hasNewConfig: ({ context }) => context.intent.reconfigure,
    resolvedByRetry: ({ context }) => context.intent.resolved === 'retry',
    resolvedAsDone: ({ context }) => context.intent.resolved === 'done',
    wantsRun: ({ context }) => context.intent.run,
    commandRuns: ({ context }) => context.operations.journalled().commandRuns,
    /** The upgrade at hand is not the one that has just failed, which only an operator may repeat. */
    leadsElsewhere: ({ context }) =>
      context.intent.upgrade?.to !== context.operations.journalled().upgradingTo,
    /** An operator asked for the upgrade that failed once more, by force. */
    forcesAgain: ({ context: { operations, intent } }) => {
      const { upgradingTo, upgradeAsked, since } = operations.journalled();
      const { upgrade } = intent;
      const isAnew = isAskedAgain(upgrade?.asked, upgradeAsked) || upgrade?.over === since;
      return upgrade?.force === true && upgrade.to === upgradingTo && isAnew;
    },
    rebooted: ({ context }) => context.operations.journalled().rebooted,
    upgradesFirst: ({ context }) => context.intent.upgradesFirst,
    nothingInstalled: ({ context }) => !context.operations.journalled().installed,
    mustLeave: ({ context }) => context.intent.leave === 'due',
    isIdle: ({ context }) => !context.intent.postponed && !context.intent.asks,
    asks: ({ context }) => context.intent.asks,
    asksForOther: ({ context }) => context.intent.asksForOther,
    checksHealth: ({ context }) => context.intent.checksHealth,
    questionRuns: ({ context }) => context.operations.journalled().questionRuns,
    hasLeft: ({ context }) => context.intent.leave === 'nothing',
    inError: ({ context }) => isErrorState(context.operations.journalled().state),
    wantsRelate: ({ context }) => context.intent.relate,
    relationHookRuns: ({ context }) => context.operations.journalled().relationHookRuns,
    wantsUpgrade: ({ context }) => context.intent.upgrade !== undefined,
    forcesUpgrade: ({ context }) => context.intent.upgrade?.force === true,
    isGated: ({ context }) => context.intent.gated,
    // The verdict on the upgrade under way, and not as it was at the last look.
    mayResume: ({ context }) => context.operations.journalled().verdict === 'resume',
    goesBack: ({ context }) => context.operations.journalled().verdict === 'back',
    staged: and([stateIn({ preparation: 'waiting' }), not('preparationIsStale')]),
    prepared: and(['staged', not('isGated')]),
    isUnprepared: ({ event }) => 'error' in event && event.error instanceof NotPrepared,
    upgrading: stateIn({ workflow: 'upgrading' }),
    preparationIsStale: ({ context }) => context.intent.upgrade?.to !== context.preparing?.to,
    askedAgain: ({ context }) => context.intent.upgrade?.asked !== context.preparing?.asked,
  },
  actions: {
    rememberFailure: assign({ failure: ({ event }) => ('error' in event ? event.error : undefined) }),
    forgetFailure: assign({ failure: undefined }),
    beginPreparing: assign({ preparing: ({ context }) => context.intent.upgrade }),
    announceUpgraded: raise({ type: 'UPGRADED' }),
    announceLeaving: raise({ type: 'LEAVING' }),
    prepareAgain: raise({ type: 'UNPREPARED' }),
  },
});

/** The input of an operation. */
export const operations = ({ context }: { context: UnitContext }): UnitOperations => context.operations;

/** The input of the one that acts on what was prepared, whatever is wanted by then. */
export const whatWasPrepared = ({
  context: { operations, preparing },
}: {
  context: UnitContext;
}): Prepared => ({ operations, prepared: preparing });

export const journalledAs = (state: WorkflowState) => ({ type: 'journalledAs', params: { state } }) as const;
export const journalledAt = (step: UpgradeStep) => ({ type: 'journalledAt', params: { step } }) as const;
export const resumesIn = (state: WorkflowState) => ({ type: 'resumesIn', params: { state } }) as const;

type Way = NonNullable<
  Extract<Parameters<typeof unitSetup.createStateConfig>[0]['always'], readonly unknown[]>
>;

/**
 * A state in which the unit rests. That it came to rest is journalled before anything takes it out again: otherwise it
 * would look as if it had never left the state before, and what was done there would not be done again.
 */
export function resting(state: WorkflowState, ways: Way) {
  return unitSetup.createStateConfig({
    initial: 'settling',
    states: {
      settling: {
        invoke: {
          src: 'settle',
          input: ({ context }) => ({ operations: context.operations, state, failure: context.failure }),
          onDone: 'resting',
        },
      },
      resting: {
        entry: 'forgetFailure',
        // An operator may look around in any state of rest, also in an error.
        always: [...ways, { guard: 'wantsRun', target: '#unit.workflow.running' }],
      },
    },
  });
}
