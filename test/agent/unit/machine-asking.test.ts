import assert from 'node:assert/strict';
import { ScriptedUnit } from './scripted-unit.js';

const upgrade = { to: 'world:f-2', force: false, revert: false, revertOnError: false };

describe('asking the formula about an upgrade', () => {
  it('goes before it goes ahead, once it is prepared', async () => {
    const unit = await new ScriptedUnit({ state: 'started' }).start({ upgrade, asks: true });
    assert.match(unit.since(), /^\[started\] fetch stage ask \[started\] pause swap/);
  });

  it('waits for a hook of the unit, and has others wait', async () => {
    const unit = await new ScriptedUnit({ state: 'started' })
      .holding('relate', 'ask')
      .start({ relate: true });
    await unit.look({ upgrade, asks: true, relate: false });
    assert.equal(unit.since(), '[started] relate fetch stage');
    await unit.finish('relate');
    await unit.look({ configure: true });
    assert.equal(unit.since(), '[started] ask');
    await unit.finish('ask');
    assert.match(unit.since(), /^\[started\] pause/);
  });

  it('that an agent before this one began is seen to its end before anything else', async () => {
    const unit = new ScriptedUnit({ state: 'started', questionRuns: true }).holding('ask');
    await unit.start({ configure: true });
    assert.equal(unit.since(), 'ask');
    unit.journal = { ...unit.journal, questionRuns: false };
    await unit.finish('ask');
    assert.match(unit.since(), /^\[started\] configure/);
  });

  it('is not done where nothing is wanted, nor while it waits for what is known', async () => {
    const unit = await new ScriptedUnit({ state: 'started' }).start({ upgrade, postponed: true });
    await unit.look({ configure: true });
    assert.doesNotMatch(unit.since(), /ask|pause/);
  });
});
