import { and, assign, not } from 'xstate';
import {
  journalledAs,
  journalledAt,
  operations,
  resting,
  resumesIn,
  unitSetup,
  whatWasPrepared,
} from './machine-setup.js';

/**
 * A unit's life as data. Two things go on at once: the workflow, in which hooks run one at a time, and the
 * preparation of an upgrade (fetching, staging, waiting), which leaves the workflow undisturbed.
 *
 * The machine decides only which state comes next. What an operation does, and that it journals before it acts, is the
 * business of `UnitOperations`. The machine itself is never persisted: it is started anew, and `restoring` goes to the
 * state the journal names.
 */
export const unitMachine = unitSetup.createMachine({
  id: 'unit',
  context: ({ input }) => ({ ...input, preparing: undefined, failure: undefined }),
  type: 'parallel',
  on: { LOOK: { actions: assign({ intent: ({ event }) => event.intent }) } },
  states: {
    workflow: {
      initial: 'restoring',
      states: {
        restoring: {
          always: [
            { guard: 'commandRuns', target: 'running' },
            { guard: 'questionRuns', target: 'asking' },
            { guard: and(['relationHookRuns', 'inError']), target: 'parting' },
            { guard: journalledAs('install-error'), target: 'install-error' },
            { guard: journalledAs('starting'), target: 'starting' },
            { guard: journalledAs('start-error'), target: 'start-error' },
            { guard: journalledAs('started'), target: 'started' },
            { guard: journalledAs('configuring'), target: 'configuring' },
            { guard: journalledAs('config-error'), target: 'config-error' },
            { guard: journalledAs('upgrading'), target: 'upgrading' },
            { guard: journalledAs('upgrade-error'), target: 'upgrade-error' },
            { guard: journalledAs('stopping'), target: 'stopping' },
            { guard: journalledAs('stop-error'), target: 'stop-error' },
            { guard: journalledAs('stopped'), target: 'stopped' },
            { guard: journalledAs('removed'), target: 'stopped' },
            { target: 'installing' },
          ],
        },
        installing: {
          // If the formula cannot be had, nothing has run yet that would have to be stopped.
          always: { guard: and(['wantsRemoval', 'nothingInstalled']), target: 'stopped' },
          invoke: {
            src: 'install',
            input: operations,
            onDone: 'starting',
            onError: { target: 'install-error', actions: 'rememberFailure' },
          },
        },
        'install-error': resting('install-error', [
          { guard: 'wantsRemoval', target: '#unit.workflow.stopped' },
          { guard: 'resolvedByRetry', target: '#unit.workflow.installing' },
          { guard: and(['resolvedAsDone', 'nothingInstalled']), target: '#unit.workflow.installing' },
          { guard: 'resolvedAsDone', target: '#unit.workflow.starting' },
          { guard: and(['forcesUpgrade', 'prepared', 'hasLeft']), target: '#unit.workflow.upgrading' },
          { guard: and(['forcesUpgrade', 'prepared', 'mustLeave']), target: '#unit.workflow.parting' },
          { guard: 'hasNewConfig', target: '#unit.workflow.installing' },
        ]),
        starting: {
          invoke: {
            src: 'start',
            input: operations,
            onDone: 'started',
            onError: { target: 'start-error', actions: 'rememberFailure' },
          },
        },
        'start-error': resting('start-error', [
          { guard: 'wantsRemoval', target: '#unit.workflow.stopping' },
          { guard: 'resolvedByRetry', target: '#unit.workflow.starting' },
          { guard: 'resolvedAsDone', target: '#unit.workflow.started' },
          { guard: and(['forcesUpgrade', 'prepared', 'hasLeft']), target: '#unit.workflow.upgrading' },
          { guard: and(['forcesUpgrade', 'prepared', 'mustLeave']), target: '#unit.workflow.parting' },
          { guard: 'hasNewConfig', target: '#unit.workflow.starting' },
        ]),
        started: resting('started', [
          // A hook that an earlier agent started is adopted before anything else may run.
          { guard: 'relationHookRuns', target: '#unit.workflow.relating' },
          { guard: 'wantsRemoval', target: '#unit.workflow.stopping' },
          { guard: and(['rebooted', not('upgradesFirst')]), target: '#unit.workflow.starting' },
          // In lockstep it is asked before the others go, so that none of them waits, paused, for a busy unit.
          { guard: and(['wantsUpgrade', 'staged', 'asks']), target: '#unit.workflow.asking' },
          {
            guard: and(['wantsUpgrade', 'prepared', 'hasLeft', 'isIdle']),
            target: '#unit.workflow.upgrading',
          },
          {
            guard: and(['wantsUpgrade', 'prepared', 'mustLeave', 'isIdle']),
            target: '#unit.workflow.parting',
          },
          // Somebody waits for it.
          { guard: 'asksForOther', target: '#unit.workflow.asking' },
          { guard: 'wantsConfigure', target: '#unit.workflow.configuring' },
          { guard: 'wantsRelate', target: '#unit.workflow.relating' },
          { guard: 'checksHealth', target: '#unit.workflow.asking' },
        ]),
        // For observers the unit is started all the while; after each hook everything is looked at again.
        relating: {
          invoke: {
            src: 'relate',
            input: operations,
            onDone: 'started',
            onError: { target: 'config-error', actions: 'rememberFailure' },
          },
        },
        // For observers the unit stays in the state it rests in, and goes back to it.
        running: {
          invoke: { src: 'runCommand', input: operations, onDone: 'restoring', onError: 'restoring' },
        },
        // The same for hooks that ask the formula in place before an upgrade goes ahead, or for the unit's health.
        asking: {
          invoke: { src: 'ask', input: operations, onDone: 'restoring', onError: 'restoring' },
        },
        // The same for hooks of relations that the formula to go to lacks: only they keep an upgrade from going ahead.
        parting: {
          invoke: { src: 'part', input: operations, onDone: 'restoring', onError: 'restoring' },
        },
        configuring: {
          invoke: {
            src: 'configure',
            input: operations,
            onDone: 'started',
            onError: { target: 'config-error', actions: 'rememberFailure' },
          },
        },
        'config-error': resting('config-error', [
          { guard: 'wantsRemoval', target: '#unit.workflow.stopping' },
          { guard: 'resolvedByRetry', target: '#unit.workflow.configuring' },
          { guard: 'resolvedAsDone', target: '#unit.workflow.started' },
          { guard: and(['forcesUpgrade', 'prepared', 'hasLeft']), target: '#unit.workflow.upgrading' },
          { guard: and(['forcesUpgrade', 'prepared', 'mustLeave']), target: '#unit.workflow.parting' },
          { guard: 'hasNewConfig', target: '#unit.workflow.configuring' },
        ]),
        upgrading: {
          initial: 'restoring',
          states: {
            restoring: {
              always: [
                { guard: journalledAt('swapping'), target: 'swapping' },
                { guard: journalledAt('hook'), target: 'hook' },
                { guard: journalledAt('committing'), target: 'gathering' },
                { guard: journalledAt('resuming'), target: 'resuming' },
                { target: 'pausing' },
              ],
            },
            pausing: {
              invoke: {
                src: 'pause',
                input: whatWasPrepared,
                onDone: 'swapping',
                onError: [
                  { guard: 'isUnprepared', target: '#unit.workflow.restoring', actions: 'prepareAgain' },
                  { target: '#unit.workflow.upgrade-error', actions: 'rememberFailure' },
                ],
              },
            },
            swapping: {
              invoke: {
                src: 'swap',
                input: operations,
                onDone: 'hook',
                onError: { target: '#unit.workflow.upgrade-error', actions: 'rememberFailure' },
              },
            },
            hook: {
              invoke: {
                src: 'upgradeHook',
                input: operations,
                onDone: [
                  // It failed and turned back.
                  { guard: journalledAt('swapping'), target: 'swapping' },
                  { target: 'gathering' },
                ],
                onError: { target: '#unit.workflow.upgrade-error', actions: 'rememberFailure' },
              },
            },
            // In lockstep with the others of its service, no unit goes on before the hooks of all are through.
            gathering: {
              invoke: {
                src: 'gather',
                input: operations,
                onDone: 'gathered',
                onError: { target: '#unit.workflow.upgrade-error', actions: 'rememberFailure' },
              },
            },
            gathered: {
              always: [
                { guard: 'mayResume', target: 'committing' },
                { guard: 'wantsRemoval', target: '#unit.workflow.stopping' },
                { guard: 'goesBack', target: 'turning' },
              ],
            },
            turning: {
              invoke: {
                src: 'turnBack',
                input: operations,
                onDone: 'swapping',
                onError: { target: '#unit.workflow.upgrade-error', actions: 'rememberFailure' },
              },
            },
            committing: {
              invoke: {
                src: 'commit',
                input: operations,
                onDone: 'resuming',
                onError: { target: '#unit.workflow.upgrade-error', actions: 'rememberFailure' },
              },
            },
            resuming: {
              entry: 'announceUpgraded',
              invoke: {
                src: 'resume',
                input: operations,
                onDone: [
                  { guard: resumesIn('installing'), target: '#unit.workflow.installing' },
                  { guard: resumesIn('starting'), target: '#unit.workflow.starting' },
                  { target: '#unit.workflow.configuring' },
                ],
                onError: { target: '#unit.workflow.upgrade-error', actions: 'rememberFailure' },
              },
            },
          },
        },
        'upgrade-error': resting('upgrade-error', [
          { guard: 'wantsRemoval', target: '#unit.workflow.stopping' },
          { guard: 'resolvedByRetry', target: '#unit.workflow.upgrading' },
          // A formula that was not swapped in is not the unit's, even if an operator takes its hook as done.
          { guard: and(['resolvedAsDone', journalledAt('swapping')]), target: '#unit.workflow.upgrading' },
          { guard: 'resolvedAsDone', target: '#unit.workflow.upgrading.gathering' },
          {
            guard: and(['forcesUpgrade', 'prepared', 'leadsElsewhere', 'hasLeft']),
            target: '#unit.workflow.upgrading.pausing',
          },
          { guard: 'forcesAgain', target: '#unit.workflow.upgrading' },
          {
            guard: and(['forcesUpgrade', 'prepared', 'leadsElsewhere', 'mustLeave']),
            target: '#unit.workflow.parting',
          },
        ]),
        stopping: {
          entry: 'announceLeaving',
          invoke: {
            src: 'stop',
            input: operations,
            onDone: 'stopped',
            onError: { target: 'stop-error', actions: 'rememberFailure' },
          },
        },
        'stop-error': resting('stop-error', [
          { guard: 'resolvedByRetry', target: '#unit.workflow.stopping' },
          { guard: 'resolvedAsDone', target: '#unit.workflow.stopped' },
        ]),
        stopped: {
          entry: 'announceLeaving',
          invoke: {
            src: 'remove',
            input: operations,
            onDone: 'removed',
            onError: { target: 'stop-error', actions: 'rememberFailure' },
          },
        },
        removed: { type: 'final' },
      },
    },
    preparation: {
      initial: 'idle',
      // A formula that was prepared beside an upgrade that came through is prepared again: the upgrade clears away
      // everything that it does not keep.
      // A unit on its way out is not upgraded any more. This part must end too, to let the machine end with
      // `removed`.
      on: { UPGRADED: '.idle', UNPREPARED: '.idle', LEAVING: '.over' },
      states: {
        idle: {
          always: {
            guard: and(['wantsUpgrade', not('upgrading')]),
            target: 'fetching',
            actions: 'beginPreparing',
          },
        },
        fetching: {
          invoke: { src: 'fetch', input: operations, onDone: 'staging', onError: 'failed' },
          always: { guard: 'preparationIsStale', target: 'idle' },
        },
        staging: {
          invoke: { src: 'stage', input: operations, onDone: 'waiting', onError: 'failed' },
          always: { guard: 'preparationIsStale', target: 'idle' },
        },
        // A newer wish waits while the upgrade is past its point of no return, and is prepared after it.
        waiting: {
          always: { guard: and(['preparationIsStale', not('upgrading')]), target: 'idle' },
        },
        // A failure that cannot heal by waiting, e.g. a bundle that is not what was published. The way out is another
        // formula, or somebody who mends the cause and asks once more.
        failed: {
          always: [
            { guard: 'preparationIsStale', target: 'idle' },
            { guard: 'askedAgain', target: 'idle' },
          ],
        },
        over: { type: 'final' },
      },
    },
  },
});
