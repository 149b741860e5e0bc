import assert from 'node:assert/strict';
import type { Journalled, Intent } from '../../../agent/contract/operations.js';
import { ScriptedUnit } from './scripted-unit.js';

const toTwo: Intent['upgrade'] = { to: 'p:f-2', force: false, revert: false, revertOnError: false };
const toThree: Intent['upgrade'] = { to: 'p:f-3', force: false, revert: false, revertOnError: false };
const forced = (upgrade: Intent['upgrade']): Intent['upgrade'] => upgrade && { ...upgrade, force: true };

const UPGRADE = 'pause swap upgradeHook commit resume';

describe('the life of a unit', () => {
  describe('goes on after a restart where its journal left it', () => {
    const rows: readonly (readonly [Partial<Journalled>, string])[] = [
      [{ installed: false }, 'install start [started]'],
      [{ state: 'installing', installed: false }, 'install start [started]'],
      [{ state: 'installing' }, 'install start [started]'],
      [{ state: 'install-error' }, '[install-error]'],
      [{ state: 'starting' }, 'start [started]'],
      [{ state: 'start-error' }, '[start-error]'],
      [{ state: 'started' }, '[started]'],
      [{ state: 'started', rebooted: true }, '[started] start [started]'],
      [{ state: 'configuring' }, 'configure [started]'],
      [{ state: 'configuring', rebooted: true }, 'configure [started] start [started]'],
      [{ state: 'start-error', rebooted: true }, '[start-error]'],
      [{ state: 'config-error' }, '[config-error]'],
      [{ state: 'upgrading', step: 'swapping' }, 'swap upgradeHook commit resume configure [started]'],
      [{ state: 'upgrading', step: 'hook' }, 'upgradeHook commit resume configure [started]'],
      [{ state: 'upgrading', step: 'committing' }, 'commit resume configure [started]'],
      [{ state: 'upgrading', step: 'resuming' }, 'resume configure [started]'],
      [{ state: 'upgrading', step: 'resuming', resumeIn: 'installing' }, 'resume install start [started]'],
      [{ state: 'upgrading', step: 'resuming', resumeIn: 'starting' }, 'resume start [started]'],
      [{ state: 'upgrade-error', step: 'hook' }, '[upgrade-error]'],
      [{ state: 'stopping' }, 'stop remove'],
      [{ state: 'stop-error' }, '[stop-error]'],
      [{ state: 'stopped' }, 'remove'],
      [{ state: 'removed' }, 'remove'],
    ];
    for (const [journal, calls] of rows) {
      const where = `${journal.state ?? 'nothing'}${journal.step ? `, ${journal.step}` : ''}`;
      it(`${where}${journal.rebooted ? ', rebooted' : ''}: ${calls}`, async () => {
        const unit = await new ScriptedUnit(journal).start();
        assert.equal(unit.since(), calls);
      });
    }
  });

  describe('what fails leads to its error state, and an operator leads out of it', () => {
    const rows = [
      [
        'install',
        { installed: false },
        'install',
        'install-error',
        'install start [started]',
        'start [started]',
      ],
      ['start', { state: 'starting' }, 'start', 'start-error', 'start [started]', '[started]'],
      [
        'configure',
        { state: 'configuring' },
        'configure',
        'config-error',
        'configure [started]',
        '[started]',
      ],
      [
        'swap',
        { state: 'upgrading', step: 'swapping' },
        'swap',
        'upgrade-error',
        'swap upgradeHook commit resume configure [started]',
        // What was not swapped cannot be taken as done.
        'swap upgradeHook commit resume configure [started]',
      ],
      [
        'upgradeHook',
        { state: 'upgrading', step: 'hook' },
        'upgradeHook',
        'upgrade-error',
        'upgradeHook commit resume configure [started]',
        'commit resume configure [started]',
      ],
      [
        'commit',
        { state: 'upgrading', step: 'committing' },
        'commit',
        'upgrade-error',
        'commit resume configure [started]',
        'commit resume configure [started]',
      ],
      [
        'resume',
        { state: 'upgrading', step: 'resuming' },
        'resume',
        'upgrade-error',
        'resume configure [started]',
        'commit resume configure [started]',
      ],
      ['stop', { state: 'stopping' }, 'stop', 'stop-error', 'stop remove', 'remove'],
      ['remove', { state: 'stopped' }, 'remove', 'stop-error', 'stop remove', 'remove'],
    ] as const;
    for (const [operation, journal, calls, error, afterRetry, afterDone] of rows) {
      // A unit that never got a formula has nothing to take as done; its row is below.
      const state = operation === 'install' ? { state: 'installing' as const } : journal;
      for (const [resolved, expected] of [
        ['retry', afterRetry],
        ['done', afterDone],
      ] as const) {
        it(`${operation} fails: ${error}; resolved (${resolved}): ${expected}`, async () => {
          const unit = await new ScriptedUnit(state).failing(operation).start();
          assert.equal(unit.since(), `${calls} [${error}: ${operation} failed]`);
          await unit.look({ resolved });
          assert.equal(unit.since(), expected);
        });
      }

      it(`${operation} fails and is retried twice: it stands in ${error} in between`, async () => {
        const unit = await new ScriptedUnit(state).failing(operation, 2).start();
        unit.since();
        await unit.look({ resolved: 'retry' });
        assert.match(unit.since(), new RegExp(`\\[${error}: ${operation} failed\\]$`));
        assert.equal(unit.intent.resolved, undefined, 'one request resolves one error');
        await unit.look({ resolved: 'retry' });
        assert.equal(unit.since(), afterRetry);
      });
    }

    it('a unit in an error state runs nothing while everything else is wanted of it', async () => {
      for (const state of ['install-error', 'start-error', 'config-error', 'upgrade-error'] as const) {
        const unit = await new ScriptedUnit({ state, step: 'hook', upgradingTo: 'p:f-2' }).start();
        unit.since();
        await unit.look({ configure: true, upgrade: toTwo });
        assert.equal(unit.since(), 'fetch stage', `${state}: an upgrade is prepared and goes no further`);
      }
    });

    it('what the formula to go to lacks is left before the upgrade goes ahead', async () => {
      const unit = await new ScriptedUnit({ state: 'started' }).start();
      await unit.look({ upgrade: toTwo, leave: 'waits' });
      assert.equal(unit.since(), '[started] fetch stage', 'a hook of what is left failed');
      await unit.look({ leave: 'due' });
      assert.equal(unit.since(), `part [started] ${UPGRADE} configure [started]`);
    });

    it('a unit that leaves something for an upgrade still goes, configures and relates', async () => {
      for (const [intent, calls] of [
        [{ removal: true }, 'stop remove'],
        [{ configure: true }, 'configure [started]'],
        [{ upgrade: toThree, leave: 'nothing' }, `fetch stage ${UPGRADE} configure [started]`],
      ] as const) {
        const unit = await new ScriptedUnit({ state: 'started' }).start({ upgrade: toTwo, leave: 'waits' });
        unit.since();
        await unit.look(intent);
        assert.equal(unit.since(), calls);
      }
    });

    it('what is forced out of an error state leaves in that state what the formula lacks', async () => {
      for (const state of ['start-error', 'config-error', 'upgrade-error'] as const) {
        const unit = await new ScriptedUnit({ state, step: 'hook', upgradingTo: 'p:f-1' }).start();
        await unit.look({ upgrade: toTwo, leave: 'due' });
        assert.equal(unit.since(), `[${state}] fetch stage`, 'not unless it is forced');
        await unit.look({ upgrade: forced(toTwo) });
        const [part, rest, pause] = unit.calls;
        assert.deepEqual([part, rest, pause], ['part', `[${state}]`, 'pause']);
      }
    });

    it('a hook of what is left, begun in an error state, is adopted there', async () => {
      const unit = await new ScriptedUnit({ state: 'config-error', relationHookRuns: true }).start();
      assert.equal(unit.since(), 'part [config-error]');
    });

    it('install-error without a formula in place, resolved as done: nothing was done, so it installs', async () => {
      const unit = await new ScriptedUnit({ state: 'install-error', installed: false }).start();
      await unit.look({ resolved: 'done' });
      assert.equal(unit.since(), '[install-error] install start [started]');
    });

    it('an error that meets a request made before it is journalled first', async () => {
      const unit = await new ScriptedUnit({ state: 'starting' }).holding('start').start();
      await unit.look({ resolved: 'retry' });
      await unit.fail('start');
      assert.equal(unit.since(), 'start [start-error: start failed] start [started]');
    });
  });

  describe('removal', () => {
    const rows: readonly (readonly [Partial<Journalled>, string])[] = [
      [{ state: 'install-error' }, '[install-error] remove'],
      [{ state: 'start-error' }, '[start-error] stop remove'],
      [{ state: 'started' }, '[started] stop remove'],
      [{ state: 'config-error' }, '[config-error] stop remove'],
      [{ state: 'upgrade-error', step: 'hook' }, '[upgrade-error] stop remove'],
      [{ state: 'stop-error' }, '[stop-error]'],
      [{ state: 'starting' }, 'start [started] stop remove'],
      [{ state: 'configuring' }, 'configure [started] stop remove'],
      [{ state: 'upgrading', step: 'hook' }, 'upgradeHook commit resume configure [started] stop remove'],
      [{ state: 'installing' }, 'install start [started] stop remove'],
      [{ state: 'installing', installed: false }, 'install remove'],
    ];
    for (const [journal, calls] of rows) {
      it(`from ${journal.state}${journal.installed === false ? ', nothing installed' : ''}: ${calls}`, async () => {
        const unit = await new ScriptedUnit(journal).start({ removal: true });
        assert.equal(unit.since(), calls);
      });
    }

    it('a unit whose formula cannot be had is removed without waiting for it', async () => {
      const unit = await new ScriptedUnit({ installed: false }).holding('install').start();
      const { signal } = unit.held('install');
      await unit.look({ removal: true });
      assert.equal(unit.since(), 'install remove');
      assert.equal(signal?.aborted, true);
    });

    it('waits for the running hook', async () => {
      const unit = await new ScriptedUnit({ state: 'configuring' }).holding('configure').start();
      await unit.look({ removal: true });
      assert.equal(unit.since(), 'configure');
      await unit.finish('configure');
      assert.equal(unit.since(), '[started] stop remove');
    });

    it('comes before an upgrade that is ready and before a config change', async () => {
      const unit = await new ScriptedUnit({ state: 'configuring' })
        .holding('configure')
        .start({ upgrade: toTwo });
      await unit.look({ removal: true, configure: true });
      await unit.finish('configure');
      assert.equal(unit.since(), 'configure fetch stage [started] stop remove');
    });

    it('ends the machine', async () => {
      const unit = await new ScriptedUnit({ state: 'stopped' }).start();
      assert.equal(unit.actor.getSnapshot().value.workflow, 'removed');
      assert.equal(unit.actor.getSnapshot().status, 'done');
    });

    it('abandons what it was preparing', async () => {
      const unit = await new ScriptedUnit({ state: 'started' }).holding('stage').start({ upgrade: toTwo });
      await unit.look({ removal: true });
      assert.equal(unit.since(), '[started] fetch stage stop remove');
      assert.equal(unit.held('stage').signal?.aborted, true);
      assert.equal(unit.actor.getSnapshot().status, 'done');
    });
  });

  describe('config', () => {
    it('a change runs config-changed once', async () => {
      const unit = await new ScriptedUnit({ state: 'started' }).start({ configure: true });
      assert.equal(unit.since(), '[started] configure [started]');
    });

    it('a change during config-changed runs it again, after the unit came to rest in between', async () => {
      const unit = await new ScriptedUnit({ state: 'configuring' }).holding('configure').start();
      await unit.look({ configure: true });
      await unit.finish('configure');
      assert.equal(unit.since(), 'configure [started] configure [started]');
    });

    it('a new one leads out of the errors that it may mend, and out of no other', async () => {
      for (const [state, calls] of [
        ['config-error', 'configure [started]'],
        ['start-error', 'start [started]'],
        ['install-error', 'install start [started]'],
        ['upgrade-error', ''],
        ['stop-error', ''],
      ] as const) {
        const unit = await new ScriptedUnit({ state, step: 'hook', upgradingTo: 'p:f-2' }).start();
        unit.since();
        await unit.look({ reconfigure: true });
        assert.equal(unit.since(), calls, state);
      }
    });

    it('a new one is tried once, where it fails too', async () => {
      const unit = await new ScriptedUnit({ state: 'config-error' }).failing('configure').start();
      await unit.look({ reconfigure: true });
      assert.equal(unit.since(), '[config-error] configure [config-error: configure failed]');
    });

    it('removal comes before a new one', async () => {
      const unit = await new ScriptedUnit({ state: 'config-error' }).start();
      unit.since();
      await unit.look({ reconfigure: true, removal: true });
      assert.equal(unit.since(), 'stop remove');
    });

    it('a change while the upgrade is fetched is handled at once', async () => {
      const unit = await new ScriptedUnit({ state: 'started' }).holding('fetch').start({ upgrade: toTwo });
      await unit.look({ configure: true });
      assert.equal(unit.since(), '[started] fetch configure [started]');
      await unit.finish('fetch');
      assert.equal(unit.since(), `stage ${UPGRADE} configure [started]`);
    });
  });

  describe('an upgrade', () => {
    it('is prepared while the unit goes on, and then goes ahead', async () => {
      const unit = await new ScriptedUnit({ state: 'started' }).start({ upgrade: toTwo });
      assert.equal(unit.since(), `[started] fetch stage ${UPGRADE} configure [started]`);
    });

    it('is prepared while config-changed runs, and waits for it', async () => {
      const unit = await new ScriptedUnit({ state: 'configuring' })
        .holding('configure')
        .start({ upgrade: toTwo });
      assert.equal(unit.since(), 'configure fetch stage');
      await unit.finish('configure');
      assert.equal(unit.since(), `[started] ${UPGRADE} configure [started]`);
    });

    it('that is ready comes before a config change, which the new formula then handles', async () => {
      const unit = await new ScriptedUnit({ state: 'configuring' })
        .holding('configure')
        .start({ upgrade: toTwo });
      await unit.look({ configure: true });
      await unit.finish('configure');
      assert.equal(unit.since(), `configure fetch stage [started] ${UPGRADE} configure [started]`);
    });

    for (const step of ['fetch', 'stage'] as const) {
      it(`for another formula, wanted while the first is in ${step}: the first never goes ahead`, async () => {
        const unit = await new ScriptedUnit({ state: 'started' }).holding(step).start({ upgrade: toTwo });
        const stale = unit.held(step);
        unit.since();
        await unit.look({ upgrade: toThree });
        assert.equal(stale.signal?.aborted, true);
        stale.finish();
        await unit.quiet();
        assert.equal(unit.since().replace(' stage', ''), 'fetch', 'only the new one is prepared');
        await unit.finish(step);
        assert.match(unit.since(), new RegExp(`${UPGRADE} configure \\[started\\]$`));
        assert.equal(unit.intent.upgrade, undefined);
      });
    }

    it('for another formula, wanted while the first waits its turn: the first never goes ahead', async () => {
      const unit = await new ScriptedUnit({ state: 'configuring' })
        .holding('configure')
        .start({ upgrade: toTwo });
      unit.since();
      await unit.look({ upgrade: toThree });
      assert.equal(unit.since(), 'fetch stage');
      await unit.finish('configure');
      assert.equal(unit.since(), `[started] ${UPGRADE} configure [started]`);
    });

    for (const operation of ['pause', 'swap', 'upgradeHook', 'commit', 'resume'] as const) {
      it(`for another formula, wanted during ${operation}: goes ahead after the first is through`, async () => {
        const unit = await new ScriptedUnit({ state: 'started' })
          .holding(operation)
          .start({ upgrade: toTwo });
        await unit.look({ upgrade: toThree });
        await unit.finish(operation);
        assert.equal(
          unit.since(),
          `[started] fetch stage ${UPGRADE} configure fetch [started] stage ${UPGRADE} configure [started]`,
        );
      });
    }

    it('that is no longer wanted is dropped while it is prepared', async () => {
      const unit = await new ScriptedUnit({ state: 'started' }).holding('fetch').start({ upgrade: toTwo });
      const stale = unit.held('fetch');
      await unit.look({ upgrade: undefined });
      stale.finish();
      await unit.quiet();
      assert.equal(unit.since(), '[started] fetch');
    });

    it('that cannot be prepared leaves the unit running, and another formula is the way out', async () => {
      const unit = await new ScriptedUnit({ state: 'started' }).failing('stage').start({ upgrade: toTwo });
      assert.equal(unit.since(), '[started] fetch stage');
      await unit.look({ configure: true });
      assert.equal(unit.since(), 'configure [started]');
      await unit.look({ upgrade: toThree });
      assert.equal(unit.since(), `fetch stage ${UPGRADE} configure [started]`);
    });

    for (const step of ['fetch', 'stage'] as const) {
      it(`that is in ${step} while another comes through is prepared again after it`, async () => {
        const unit = await new ScriptedUnit({ state: 'upgrade-error', step: 'hook', upgradingTo: 'p:f-2' })
          .holding(step)
          .start({ upgrade: toThree });
        unit.since();
        const stale = unit.held(step);
        await unit.look({ resolved: 'done' });
        assert.equal(stale.signal?.aborted, true);
        assert.match(unit.since(), /^commit resume configure fetch( stage)? \[started\]$|\[started\] stage$/);
        await unit.finish(step);
        assert.match(unit.since(), new RegExp(`${UPGRADE} configure \\[started\\]$`));
      });
    }

    it('asked again after it came through is prepared again', async () => {
      const unit = await new ScriptedUnit({ state: 'started' }).start({ upgrade: toTwo });
      unit.since();
      await unit.look({ upgrade: toThree });
      assert.equal(unit.since(), `fetch stage ${UPGRADE} configure [started]`);
    });
  });

  describe('an upgrade by force', () => {
    for (const [state, resumeIn, after] of [
      ['install-error', 'installing', 'install start [started]'],
      ['start-error', 'starting', 'start [started]'],
      ['config-error', 'configuring', 'configure [started]'],
    ] as const) {
      it(`leaves ${state} and takes up where the unit failed: ${after}`, async () => {
        const unit = await new ScriptedUnit({ state, resumeIn }).start({ upgrade: forced(toTwo) });
        assert.equal(unit.since(), `[${state}] fetch stage ${UPGRADE} ${after}`);
      });
    }

    it('leaves upgrade-error for a formula that mends it', async () => {
      const unit = await new ScriptedUnit({
        state: 'upgrade-error',
        step: 'hook',
        upgradingTo: 'p:f-2',
      }).start();
      await unit.look({ upgrade: forced(toThree) });
      assert.equal(unit.since(), `[upgrade-error] fetch stage ${UPGRADE} configure [started]`);
    });

    it('fails once and not for ever: the formula that failed is not taken again by itself', async () => {
      const unit = await new ScriptedUnit({ state: 'started' })
        .failing('upgradeHook', 3)
        .start({ upgrade: forced(toTwo) });
      assert.equal(
        unit.since(),
        '[started] fetch stage pause swap upgradeHook [upgrade-error: upgradeHook failed]',
      );
    });

    it('does not leave stop-error: the unit is going', async () => {
      const unit = await new ScriptedUnit({ state: 'stop-error' }).start({ upgrade: forced(toTwo) });
      assert.equal(unit.since(), '[stop-error] fetch stage');
    });
  });
});
