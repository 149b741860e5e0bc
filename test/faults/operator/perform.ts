import { writeFile } from 'node:fs/promises';
import { eventually } from '../../eventually.js';
import {
  add,
  deploy,
  destroy,
  type Play,
  relate,
  remove,
  revert,
  type StepOf,
  set,
  unitOf,
  untilGone,
  upgrade,
} from './ask.js';
import { untilCalm } from './calm.js';
import { Broken } from './scene.js';
import type { Step } from './steps.js';
import { besideOf, principalOf, readTree } from './tree.js';

/** How long a lost machine may take until it is shown as down: its session, and what a busy machine adds. */
const SESSION_ENDS = 40_000;

/** Does one step, and writes into the model what was not refused. A step that has nothing to work on does nothing. */
export async function perform(play: Play, step: Step): Promise<void> {
  const { scene } = play;
  switch (step.kind) {
    case 'deploy':
      return deploy(play, step);
    case 'destroy':
      return destroy(play, step);
    case 'redeploy':
      await destroy(play, step);
      await untilGone(scene, step.service);
      return deploy(play, step);
    case 'add':
      return add(play, step);
    case 'remove':
      return remove(play, step);
    case 'relate':
    case 'part':
      return relate(play, step);
    case 'set':
      return set(play, step);
    case 'upgrade':
      return upgrade(play, step);
    case 'revert':
      return revert(play, step);
    case 'resolved': {
      const unit = step.service === undefined ? '--all' : unitOf(play, step.service, step.unit);
      if (unit !== undefined) await scene.types(['resolved', ...(step.retry ? ['--retry'] : []), unit]);
      return;
    }
    case 'spoil':
      return writeFile(scene.world.path('trace', `spoil-${step.service}-${step.hook}-${step.often}`), '');
    case 'run': {
      const unit = unitOf(play, step.service, step.unit);
      const codes = [0, 1, 124];
      if (unit !== undefined) await scene.types(['run', '--timeout', '5s', unit, '--', 'true'], { codes });
      return;
    }
    case 'kill':
    case 'stop': {
      const ended = await scene.end(step.machine, step.kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
      if (ended) scene.later(step.back, () => scene.start(step.machine));
      return;
    }
    case 'freeze':
      return scene.freeze(step.machine, step.back);
    case 'lose':
      return lose(play, step);
    case 'return':
      return scene.comeBack();
    case 'raze':
      return raze(play);
    case 'both': {
      const crowd = { ...play, crowded: true };
      await Promise.all([perform(crowd, step.one), perform(crowd, step.other)]);
      return;
    }
    case 'rest':
      await scene.allAround();
      return untilCalm(scene, 10_000);
  }
}

/** Takes a machine for lost once it is shown as down, and its units out by force, with it or alone. */
async function lose({ scene, model }: Play, { machine, whole }: StepOf<'lose'>): Promise<void> {
  await scene.lose(machine);
  await eventually(async () => {
    if ((await readTree(scene.world)).up.has(machine)) throw new Error(`${machine} is still up`);
  }, SESSION_ENDS).catch((error: Error) => {
    throw new Broken('a dead agent is shown as down', error.message);
  });
  const tree = await readTree(scene.world);
  const hosted = tree.hosted.get(machine) ?? [];
  const principals = hosted.filter((unit) => principalOf(tree, unit) === undefined);
  if (!whole && principals.length === 0) return;
  const asked = await scene.types(
    whole ? ['remove-machine', '--force', '--yes', machine] : ['remove-unit', '--force', ...principals],
  );
  if (asked.code === 0) model.gone([...hosted, ...besideOf(tree, hosted)], 'forced');
}

/** Destroys the environment and makes another one in its place, whose units the agents' directories know nothing of. */
async function raze({ scene, model }: Play): Promise<void> {
  await scene.allAround();
  for (const machine of scene.machines) await scene.end(machine, 'SIGTERM');
  const ended = await scene.types(['destroy-environment', '--yes', '--force']);
  const made = await scene.types(['bootstrap']);
  if (ended.code + made.code > 0)
    throw new Broken('an environment can be made anew', `${ended.stderr}\n${made.stderr}`);
  model.begin();
  await writeFile(scene.world.path('trace', 'era'), `${model.era}\n`);
  scene.acceptState();
  await scene.comeBack();
  for (const machine of scene.machines) await scene.start(machine);
}
