import assert from 'node:assert/strict';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type { Row, Stage } from './stage.js';

const line = 'ensemble upgrade-formula f';

/** A unit that somebody holds, and a revision that it would go to. */
async function held(stage: Stage): Promise<string> {
  await stage.unit();
  await stage.world.publish(2);
  await stage.ok('ENSEMBLE_OPERATOR=ann ensemble hold-upgrade --reason disks f');
  return stage.fails(line, /f is held by ann@\S+: disks/);
}

/** What holds say, and what is done about it. */
export const holdRows: readonly Row[] = [
  {
    code: 'upgrade-held',
    by: 'unhold-upgrade, as printed',
    run: async (stage) => {
      await stage.follow(await held(stage), /ensemble unhold-upgrade --all f/);
      await stage.ok(line);
      await stage.world.untilOn('world:f-2');
    },
  },
  {
    code: 'upgrade-held',
    by: '--force',
    run: async (stage) => {
      await stage.ok(`${line} ${stage.named(await held(stage), /--force/)}`);
      await stage.world.untilOn('world:f-2');
    },
  },
  {
    code: 'hold-of-others',
    by: 'unhold-upgrade of all, as printed',
    run: async (stage) => {
      await stage.service();
      await stage.ok('ENSEMBLE_OPERATOR=ann ensemble hold-upgrade --reason disks f');
      const said = await stage.fails(
        'ENSEMBLE_OPERATOR=bob ensemble unhold-upgrade f',
        /bob@\S+ has no hold on f/,
      );
      await stage.follow(said, /ensemble unhold-upgrade --all f/);
      assert.doesNotMatch(await stage.ok('ensemble status'), /held/);
    },
  },
  {
    code: 'too-many-holds',
    by: 'a hold on the service as a whole, as printed',
    run: async (stage) => {
      await stage.service();
      const hold = { since: '2026-01-01T00:00:00Z', level: 'all', reason: 'x', unit: 'f/0' };
      const holds = Array.from({ length: 200 }, (_, each) => ({ ...hold, holder: `ann@host${each}` }));
      await stage.world.coordinator.create(paths.hold('f'), nodeValue({ holds }));
      const said = await stage.fails('ensemble hold-upgrade --reason disks f/0', /have 200 holds already/);
      await stage.follow(said, /ensemble hold-upgrade --reason TEXT f/, { TEXT: 'disks' });
    },
  },
];
