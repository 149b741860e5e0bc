import { readdir, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { World } from '../../agent/world.js';
import { inError, readStatus, strangeErrors, typeStatus, underWay } from './calm.js';
import { services, writeFormulas } from './formulas.js';
import { faultsOfEnd, faultsOfLife } from './life-rules.js';
import { readLives } from './lives.js';
import { Model } from './model.js';
import type { Play } from './ask.js';
import { perform } from './perform.js';
import { faultsOfDisks, faultsOfNews } from './quiet-rules.js';
import { Broken, Scene } from './scene.js';
import type { Step } from './steps.js';
import { readTree } from './tree.js';
import { faultsOfRelations, faultsOfUnits } from './tree-rules.js';

/** How long everything may take to be as it shall, once all agents run and nothing fails any more, in milliseconds. */
const QUIET_WITHIN = 90_000;

/** Where a play takes place. */
export interface Stage {
  readonly machines: readonly string[];
  /** A state of its own for each play; undefined for the embedded engine. */
  state(): string | undefined;
}

/** How a play went wrong. */
export interface Failure {
  readonly broken: Broken;
  readonly transcript: readonly string[];
}

/** Does the steps in a world of their own, lets it come to rest, and checks it all. @returns what must not be */
export async function play(stage: Stage, steps: readonly Step[]): Promise<Failure | undefined> {
  const state = stage.state();
  const world = await World.open(state === undefined ? {} : { state });
  const scene = new Scene(world, stage.machines);
  try {
    await writeFormulas(world);
    const playing = { scene, model: new Model() };
    await scene.allRun();
    for (const step of steps) {
      await pause(step.pause);
      scene.say(`· ${JSON.stringify(step)}`);
      await perform(playing, step);
      await checkLives(playing);
    }
    await settle(playing);
    await leave(playing);
    return undefined;
  } catch (error) {
    const logs = scene.logs();
    const broken =
      error instanceof Broken ? error : new Broken('the test itself works', String((error as Error).stack));
    return { broken, transcript: [...scene.transcript, logs] };
  } finally {
    await scene.close();
  }
}

/** What is wrong at any time: in the lives there were until now, and with agents. */
async function checkLives({ scene }: Play): Promise<void> {
  if (scene.fallen !== undefined) throw scene.fallen;
  const lives = await readLives(scene.world);
  const [fault] = lives.flatMap(faultsOfLife);
  if (fault !== undefined) throw new Broken(ruleOf(fault), fault);
  const names = lives.map(({ unit, era }) => `${unit} of environment ${era}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Broken('a unit has one life', `${twice} has two`);
}

/** The rule of a life's fault: what it says without names and numbers. */
function ruleOf(fault: string): string {
  return fault
    .replace(/^.*?\): /, '')
    .replace(/;.*$/s, '')
    .replace(/[a-z-]+[/:]\d+/g, '…')
    .replace(/\b[0-9a-f]{8,}\b/g, 'ID')
    .replace(/\d+/g, 'N');
}

/** Mends all that was broken on purpose, and waits until everything is as was asked. */
async function settle(playing: Play): Promise<void> {
  const { scene, model } = playing;
  scene.say('— all is mended —');
  await scene.allRun();
  const trace = scene.world.path('trace');
  for (const name of await readdir(trace)) if (name.startsWith('spoil-')) await rm(`${trace}/${name}`);
  await typeStatus(scene);
  const end = performance.now() + QUIET_WITHIN;
  let behindAsked = false;
  for (;;) {
    const faults = await allFaults(playing);
    if (faults.length === 0) break;
    const status = await readStatus(scene);
    const [strange] = strangeErrors(status);
    if (strange !== undefined) throw new Broken('only a hook that fails puts its unit in error', strange);
    if (performance.now() > end) throw unfinished(faults, [...underWay(status), ...inError(status)]);
    if (inError(status).length > 0) await scene.types(['resolved', '--retry', '--all']);
    else if (underWay(status).length === 0 && !behindAsked) {
      behindAsked = true;
      await askThoseBehind(playing);
    }
    await pause(200);
  }
  await typeStatus(scene);
  await checkLives(playing);
  const lives = await readLives(scene.world);
  const tree = await readTree(scene.world);
  const ended = lives.filter(
    ({ unit, era }) => era === model.era && !tree.unitNodes.has(unit) && !model.forced.has(unit),
  );
  const [fault] = ended.flatMap(faultsOfEnd);
  if (fault !== undefined) throw new Broken(ruleOf(fault), fault);
}

function unfinished(faults: readonly string[], seen: readonly string[]): Broken {
  const rule = `what was asked is done (${ruleOf(`x): ${faults[0]}`)})`;
  return new Broken(
    rule,
    `${faults.join('\n')}\nstatus: ${seen.join('\n        ') || 'nothing is under way'}`,
  );
}

/** Units that an earlier upgrade left behind go on by the command that the manual names. */
async function askThoseBehind({ scene, model }: Play): Promise<void> {
  const tree = await readTree(scene.world);
  for (const [service, { formula }] of model.services) {
    const behind = (tree.services.get(service)?.units ?? []).filter(({ unit }) => unit.formula !== formula);
    if (behind.length === 0) continue;
    const revision = formula.slice(formula.lastIndexOf('-') + 1);
    await scene.types(['upgrade-formula', '--no-wait', '--force', '--revision', revision, service]);
  }
}

async function allFaults({ scene, model }: Play): Promise<readonly string[]> {
  const tree = await readTree(scene.world);
  const faults = [...faultsOfUnits(tree, model), ...faultsOfRelations(tree, model)];
  if (faults.length > 0) return faults;
  const lives = await readLives(scene.world);
  return [...faultsOfNews(tree, model, lives), ...(await faultsOfDisks(scene.world, tree, lives))];
}

/** Destroys every service: of none of them anything stays. */
async function leave(playing: Play): Promise<void> {
  const { scene, model } = playing;
  for (const service of Object.keys(services) as (keyof typeof services)[]) {
    const asked = await scene.types(['destroy-service', service]);
    if (asked.code === 0) model.destroyed(service);
  }
  model.pairs.clear();
  await settle(playing);
}
