import assert from 'node:assert/strict';
import { ScriptedUnit } from './scripted-unit.js';

describe('a command in the life of a unit', () => {
  for (const state of ['install-error', 'start-error', 'started', 'config-error', 'stop-error'] as const) {
    it(`runs while the unit rests in ${state}, and the unit goes back to it`, async () => {
      const unit = await new ScriptedUnit({ state }).holding('runCommand').start();
      unit.since();
      await unit.look({ run: true });
      assert.equal(unit.since(), 'runCommand');
      await unit.look({ configure: state === 'started' });
      assert.equal(unit.since(), '', 'nothing runs beside it');
      await unit.finish('runCommand');
      await unit.look();
      assert.equal(unit.since(), state === 'started' ? '[started] configure [started]' : `[${state}]`);
    });
  }

  it('waits until the hooks under way are through', async () => {
    const unit = await new ScriptedUnit({ state: 'starting' }).holding('start').start();
    await unit.look({ run: true });
    assert.equal(unit.since(), 'start');
    unit.holding('runCommand');
    await unit.finish('start');
    assert.equal(unit.since(), '[started] runCommand');
  });

  it('that an agent before this one started is seen to its end before anything else', async () => {
    const unit = new ScriptedUnit({ state: 'started', commandRuns: true }).holding('runCommand');
    await unit.start({ configure: true });
    assert.equal(unit.since(), 'runCommand');
    unit.journal = { ...unit.journal, commandRuns: false };
    await unit.finish('runCommand');
    assert.match(unit.since(), /^\[started\] configure/);
  });
});
