import assert from 'node:assert/strict';
import { requestRelationResolved, requestResolved } from '../../control/unit/resolve.js';
import { readUnitState } from '../../control/status/snapshot.js';
import { isErrorState, type WorkflowState } from '../../state/model/workflow-state.js';
import { requester } from '../agent/world.js';
import { eventually } from '../eventually.js';
import type { DeedRow, Scene } from './deed.js';
import { UNIT } from './life.js';
import { type StageName, stages } from './stages.js';

/** More agents than the loop breaker lets die. */
const TOO_MANY = 12;

/** Where every agent is killed: what the unit comes to rest in, or its relation where that is undefined. */
const points: readonly (readonly [StageName, string, WorkflowState | undefined])[] = [
  ['install', 'installing.link.before', 'install-error'],
  ['install', 'install.settings.before', 'install-error'],
  ['config', 'config-changed.start.before', 'config-error'],
  ['relation', 'db-relation-joined.settings.before', undefined],
  ['reboot', 'start.settings.before', 'start-error'],
  // The unit goes on with its old formula, and an operator asks once more.
  ['upgrade', 'staging.extract.before', 'started'],
  ['upgrade', 'swapping.link.after', 'upgrade-error'],
  ['upgrade', 'upgrade-formula.start.before', 'upgrade-error'],
  ['upgrade', 'committing.tree.before', 'upgrade-error'],
  ['upgrade', 'resuming.prune.before', 'upgrade-error'],
  ['revert', 'revert-formula.settings.before', 'upgrade-error'],
  ['remove', 'stop.start.before', 'stop-error'],
];

/** Starts agents, as a supervisor does, until one is let live by the loop breaker; then what it says is done. */
async function dieAndDie(
  { world, ask, agent }: Scene,
  where: string,
  error: WorkflowState | undefined,
): Promise<void> {
  const variables = {
    ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
    ENSEMBLE_FAULTS: `${where}=kill:always`,
  };
  await ask();
  for (let deaths = 0; ; deaths += 1) {
    assert.ok(deaths < TOO_MANY, `${deaths} agents died at ${where}`);
    const mortal = await world.agentProcess('m0', { up: false, variables });
    let over = false;
    const broken = eventually(async () => {
      if (over) return;
      const found = await readUnitState(world.coordinator, UNIT);
      const relations = JSON.stringify(found?.status.relations ?? {});
      assert.match(`${found?.status.message} ${relations}`, /\d agents in a row died while/);
      if (error !== undefined) assert.equal(found?.status.state, error);
    }, 60_000);
    const died = await Promise.race([mortal.ended().then(() => true), broken.then(() => false)]);
    over = true;
    await broken.catch(() => undefined);
    if (died) continue;
    assert.equal(deaths, 5);
    await mortal.kill('SIGTERM');
    break;
  }
  await agent();
  if (error === 'started') return ask();
  const { status } = await world.unit();
  if (error !== undefined && isErrorState(status.state))
    await requestResolved(world.coordinator, UNIT, true, requester);
  for (const [relation, { state }] of Object.entries(status.relations ?? {})) {
    if (state === 'error') await requestRelationResolved(world.coordinator, UNIT, relation, true, requester);
  }
}

/** The hooks of a stage in which one that had run is run again: its success could never be noted. */
function runsOf(stage: StageName, where: string): readonly string[] {
  const { hooks } = stages[stage];
  const hook = /^(.*)\.settings\./.exec(where)?.[1];
  if (hook === undefined) return hooks;
  const at = hooks.findLastIndex((run) => run.startsWith(`${hook} `));
  return hooks.toSpliced(at + 1, 0, `${hooks[at]} #2`);
}

/** The cases in which every agent dies at the same point, until the loop breaker steps in. */
export const breakerRows: readonly DeedRow[] = points.map(([stage, where, error]) => {
  const { after } = stages[stage];
  return {
    engine: 'embedded',
    stage,
    fault: 'every agent is killed, until the loop breaker steps in',
    where,
    often: 'always',
    states: after === null ? [] : ['started'],
    hooks: runsOf(stage, where),
    disk: after,
    tree: after,
    ...(error === 'started' && { asksAgain: true }),
    deed: (scene) => dieAndDie(scene, where, error),
  };
});
