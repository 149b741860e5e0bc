import assert from 'node:assert/strict';
import type { Row, Stage } from './stage.js';

/** A canary that waits for a word. */
async function waiting(stage: Stage): Promise<void> {
  await stage.unit();
  await stage.world.publish(2);
  await stage.ok('ensemble upgrade-formula --canary 1 f');
}

/** What is asked of rollouts that they cannot do. */
export const rolloutRows: readonly Row[] = [
  {
    code: 'no-rollout',
    by: 'a look, which begins nothing',
    run: async (stage) => {
      await stage.unit();
      await stage.world.publish(2);
      const said = await stage.fails('ensemble rollout abort f', /f has no rollout/);
      assert.match(await stage.follow(said, /ensemble status f/), /f\/0 +started/);
    },
  },
  {
    code: 'rollout-refuses',
    by: 'the verb that is named instead',
    run: async (stage) => {
      await waiting(stage);
      const said = await stage.fails('ensemble rollout resume f', /cannot resume: it waits for a word/);
      await stage.follow(said, /ensemble rollout promote f/);
      const over = await stage.fails('ensemble rollout pause f', /cannot pause: it is done/);
      assert.match(await stage.follow(over, /ensemble rollout status f/), /done since/);
    },
  },
  {
    code: 'rollout-impossible',
    by: 'a canary that the service has, as printed',
    run: async (stage) => {
      await stage.unit();
      await stage.world.publish(2);
      const said = await stage.fails('ensemble upgrade-formula --canary 5 f', /canary of 5 is larger/);
      await stage.follow(said, /ensemble upgrade-formula --revision 2 --canary 1 f/);
      await stage.world.untilOn('world:f-2');
    },
  },
  {
    code: 'rollout-contradiction',
    by: 'what goes with the strategy, as printed',
    run: async (stage) => {
      await stage.unit();
      await stage.world.publish(2);
      const line = 'ensemble upgrade-formula --strategy lockstep --canary 1 f';
      const said = await stage.fails(line, /takes all units together/);
      await stage.follow(said, /ensemble upgrade-formula --revision 2 --strategy lockstep --canary 0 f/);
      await stage.world.untilOn('world:f-2');
      await stage.world.publish(3);
      const dry = await stage.fails(`${line} --dry-run`, /takes all units together/);
      assert.match(
        await stage.follow(dry, /ensemble upgrade-formula --dry-run --revision 3 --strategy lockstep .*/),
        /nothing was changed/,
      );
    },
  },
  {
    code: 'revision-unnamed',
    by: 'naming the revision, as printed',
    run: async (stage) => {
      await stage.unit();
      await stage.ok('ensemble add-unit f');
      await stage.world.publish(2);
      await stage.ok('ensemble upgrade-formula --canary 1 f');
      await stage.world.publish(3);
      const line = 'ensemble upgrade-formula --pause-after all f';
      const said = await stage.fails(line, /f-2 is under way, and world:f-3 is newer/);
      await stage.follow(said, /ensemble upgrade-formula --revision 2 --pause-after all f/);
      assert.match(await stage.ok('ensemble rollout status f'), /pause-after all/);
    },
  },
  {
    code: 'rollout-under-way',
    by: 'abort, as printed, and the same command again',
    run: async (stage) => {
      await stage.unit();
      await stage.ok('ensemble add-unit f');
      await stage.world.publish(2);
      await stage.ok('ensemble upgrade-formula --canary 1 f');
      const line = 'ensemble upgrade-formula --strategy all f';
      const said = await stage.fails(line, /is under way already, with strategy rolling/);
      await stage.follow(said, /ensemble rollout abort f/);
      await stage.ok(line);
    },
  },
];
