import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type { Row, Stage } from './stage.js';

/** The environment as release 0.1.0 leaves it. */
async function ofRelease010({ world: { coordinator } }: Stage): Promise<void> {
  const { environment } = JSON.parse((await coordinator.get(paths.layout))?.value ?? '');
  await coordinator.set(paths.layout, nodeValue({ level: 1, sublevel: 0, minReader: 1, environment }));
}

/** What an environment says that older programs may work in. */
export const layoutRows: readonly Row[] = [
  {
    code: 'feature-off',
    by: 'upgrade-environment, as printed',
    run: async (stage) => {
      await stage.unit();
      await ofRelease010(stage);
      const line = 'ensemble hold-upgrade --reason disks f';
      await stage.world.publish(2);
      const lockstep = 'ensemble upgrade-formula --strategy lockstep f';
      await stage.fails(lockstep, /does not have the feature lockstep yet/);
      const said = await stage.fails(line, /does not have the feature holds yet/);
      await stage.follow(said, /ensemble upgrade-environment/);
      await stage.ok(line);
    },
  },
  {
    code: 'machines-behind',
    by: 'remove-machine, as printed, of a machine that is lost',
    run: async (stage) => {
      const { coordinator } = stage.world;
      await ofRelease010(stage);
      await coordinator.create(paths.machine('lost'), nodeValue({ hostname: 'lost' }));
      await coordinator.create(paths.machineUnits('lost'), '{}');
      const line = 'ensemble upgrade-environment';
      const said = await stage.fails(line, /lost \(down\) lacks layout 3, canary, clone, holds, lockstep/);
      await stage.follow(said, /ensemble remove-machine lost/);
      await stage.ok(line);
    },
  },
];
