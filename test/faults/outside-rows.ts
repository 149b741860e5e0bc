import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openCoordinator } from '../../state/coordination/open.js';
import { flagUnits } from '../../state/model/requests.js';
import { editService } from '../../state/model/services.js';
import { requester, type World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import type { DeedRow, Scene } from './deed.js';
import { tracingFormula } from './formulas.js';
import type { EngineName } from './row.js';
import { ONE, type StageName, stages, TWO, UNIT } from './stages.js';

const run = promisify(execFile);
const LIVED = stages.install.hooks;
const THREE = 'world:f-3';

function ends(
  engine: EngineName,
  stage: StageName,
  fault: string,
  where: string,
  deed: DeedRow['deed'],
  more: Partial<DeedRow> = {},
): DeedRow {
  const { after, hooks } = stages[stage];
  const end = { states: ['started'], hooks, disk: after, tree: after } as const;
  return { engine, stage, fault, where, often: 'once', ...end, deed, ...more };
}

/** Waits until the unit's status says what is the matter, which it does without leaving its formula. */
function said(world: World, words: RegExp): Promise<void> {
  return eventually(async () => {
    const { unit, status } = await world.unit();
    assert.match(`${status.message} ${JSON.stringify(status.upgrade?.blockers ?? [])}`, words);
    if (status.state === 'started') assert.equal(unit.formula, ONE);
  }, 20_000);
}

/** The object of the newest formula in a directory storage. */
async function objectOf(world: World): Promise<string> {
  const root = world.path('storage');
  const wanted = world.path('f-2.tar.gz');
  const bytes = await readFile(wanted);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && bytes.equals(await readFile(file))) return file;
  }
  throw new Error('the bundle is not in the storage');
}

const storageRows: readonly DeedRow[] = [
  ends('embedded', 'upgrade', 'the storage is gone', 'fetching', async ({ world, agent, ask }) => {
    await rename(world.path('storage'), world.path('away'));
    await agent();
    await ask();
    await said(world, /storage|object/);
    await rm(world.path('storage'), { recursive: true, force: true, maxRetries: 10 });
    await rename(world.path('away'), world.path('storage'));
  }),
  ends('embedded', 'upgrade', 'the stored bundle is gone', 'fetching', async ({ world, agent, ask }) => {
    const object = await objectOf(world);
    await rename(object, world.path('away'));
    await agent();
    await ask();
    await said(world, /object|bundle/);
    await rename(world.path('away'), object);
  }),
  ...(
    [
      ['the stored bundle is cut short', (object: string) => truncate(object, 100)],
      ['the stored bundle is empty', (object: string) => truncate(object, 0)],
      [
        'the stored bundle has wrong bytes',
        async (object: string) => writeFile(object, Buffer.alloc((await readFile(object)).length, 7)),
      ],
      [
        'one byte of the stored bundle is another',
        async (object: string) => {
          const bytes = await readFile(object);
          bytes[200] = (bytes[200] ?? 0) ^ 1;
          await writeFile(object, bytes);
        },
      ],
    ] as const
  ).map(([fault, damage]) =>
    ends('embedded', 'upgrade', fault, 'fetching', async ({ world, agent, ask }) => {
      const object = await objectOf(world);
      const sound = await readFile(object);
      await run('chmod', ['u+w', object]);
      await damage(object);
      await agent();
      await ask();
      await said(world, /damaged|differs|sha256|bytes/);
      await writeFile(object, sound);
    }),
  ),
];

/** A small disk for everything of the machine; only root can make one. */
const fullDisk = (stage: StageName): DeedRow =>
  ends('embedded', stage, 'the disk of the machine is full (tmpfs)', 'everywhere', async ({ world, ask }) => {
    const machine = world.path('machines', 'm0');
    const kept = world.path('kept');
    await mkdir(machine, { recursive: true });
    await rename(machine, kept);
    await mkdir(machine);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', machine]);
    await run('cp', ['-a', `${kept}/.`, machine]);
    const process = await world.agentProcess();
    try {
      await run('sh', ['-c', `cat /dev/zero >"${machine}/filler" 2>/dev/null || true`]);
      await ask();
      await eventually(() =>
        assert.ok(
          process.lines().some((line) => /no space|disk is full/i.test(JSON.stringify(line))),
          'the agent says that the disk is full',
        ),
      );
      await rm(`${machine}/filler`);
      await world.untilOn(stages[stage].after ?? '');
      // Moved to where the world's own checks find it after the disk is gone.
      await eventually(async () => {
        const { status } = await world.unit();
        assert.equal(status.state, 'started');
      });
    } finally {
      await process.kill();
      await rm(kept, { recursive: true, force: true, maxRetries: 10 });
      await run('cp', ['-a', machine, kept]);
      await run('umount', ['-l', machine]);
      await rm(machine, { recursive: true });
      await rename(kept, machine);
    }
  });

/** What may happen to the coordinator, and how it ends. */
const coordinatorFaults: Readonly<Record<string, (scene: Scene) => Promise<() => Promise<void> | void>>> = {
  'the coordinator is gone': async ({ proxy }) => {
    await proxy?.refuse();
    return () => proxy?.listen();
  },
  'the coordinator goes mute': async ({ proxy }) => {
    proxy?.mute();
    return () => proxy?.unmute();
  },
  'the connection breaks': async ({ proxy }) => {
    proxy?.drop();
    return () => undefined;
  },
  ...Object.fromEntries(
    [1, 3, 5, 20, 40, 100, 300].map((bytes) => [
      `the connection breaks ${bytes} bytes into an answer`,
      async ({ proxy }: Scene) => {
        proxy?.cutAfter(bytes);
        return () => undefined;
      },
    ]),
  ),
  'the session is ended': async ({ world }) => {
    const session = await readFile(world.path('machines', 'm0', 'session'), 'utf8');
    const thief = await openCoordinator(world.state, {
      session,
      ...(world.secret !== undefined && { secret: world.secret }),
    });
    await thief.get('/layout');
    await thief.close();
    return () => undefined;
  },
};

const moments: Readonly<
  Record<string, (scene: Scene, happen: () => Promise<() => Promise<void> | void>) => Promise<void>>
> = {
  'before it is asked': async (scene, happen) => {
    await scene.agent();
    const end = await happen();
    await scene.ask();
    await scene.world.openGate('hook');
    await end();
  },
  'in the hook': async (scene, happen) => {
    await scene.agent();
    await scene.ask();
    await scene.begun('upgrade-formula');
    const end = await happen();
    await scene.world.openGate('hook');
    // The hook finishes without the coordinator.
    await eventually(async () =>
      assert.ok((await scene.world.trace()).some((line) => line.startsWith('end upgrade-formula'))),
    );
    await end();
  },
};

const coordinatorRows: readonly DeedRow[] = Object.entries(coordinatorFaults).flatMap(([fault, happen]) =>
  Object.entries(moments).map(([where, at]) =>
    ends('zookeeper', 'upgrade', fault, where, (scene) => at(scene, () => happen(scene)), {
      bodies: { 'upgrade-formula': 'gate hook' },
    }),
  ),
);

/** Publishes revision 3 and points the unit there. */
async function askForThree(world: World): Promise<void> {
  await world.publish(3, tracingFormula(world, 3));
  await editService(world.coordinator, 'f', (service) => ({ ...service, formula: THREE }));
  await flagUnits(world.coordinator, [UNIT], requester);
}

const onThree = { disk: THREE, tree: THREE, formulas: [THREE] } as const;

const operatorRows = (engine: EngineName): readonly DeedRow[] => [
  ends(engine, 'upgrade', 'two operators upgrade at once', 'the same formula', async ({ agent, ask }) => {
    await agent();
    await Promise.all([ask(), ask()]);
  }),
  ends(
    engine,
    'upgrade',
    'the formula is changed again',
    'in the hook',
    async ({ world, agent, ask, begun }) => {
      await agent();
      await ask();
      await begun('upgrade-formula');
      await askForThree(world);
      await world.openGate('hook');
    },
    {
      ...onThree,
      hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2', 'upgrade-formula 3', 'config-changed 3'],
      bodies: { 'upgrade-formula': 'gate hook' },
    },
  ),
  ends(
    engine,
    'upgrade',
    'the formula is changed again',
    'in the hook, and the agent is killed',
    async ({ world, agent, ask, begun }) => {
      const mortal = await world.agentProcess();
      await ask();
      await begun('upgrade-formula');
      await askForThree(world);
      await mortal.kill();
      await world.openGate('hook');
      await agent();
    },
    {
      ...onThree,
      hooks: [...LIVED, 'upgrade-formula 2', 'config-changed 2', 'upgrade-formula 3', 'config-changed 3'],
      bodies: { 'upgrade-formula': 'gate hook' },
    },
  ),
  ends(
    engine,
    'upgrade',
    'the config is changed',
    'in the hook',
    async ({ world, agent, ask, begun }) => {
      await agent();
      await ask();
      await begun('upgrade-formula');
      await stages.config.ask(world);
      await world.openGate('hook');
    },
    { bodies: { 'upgrade-formula': 'gate hook' } },
  ),
  ends(
    engine,
    'upgrade',
    'the upgrade hook fails and is to go back by itself',
    'upgrade-formula',
    async ({ world, agent }) => {
      await agent();
      await editService(world.coordinator, 'f', (service) => ({ ...service, previous: ONE, formula: TWO }));
      await flagUnits(world.coordinator, [UNIT], { ...requester, revertOnError: true });
    },
    {
      disk: ONE,
      tree: ONE,
      hooks: [...LIVED, 'upgrade-formula 2', 'revert-formula 1', 'config-changed 1'],
      bodies: { 'upgrade-formula': 'exit 4' },
    },
  ),
  ends(
    engine,
    'upgrade',
    'the operator goes back',
    'in the error of the upgrade hook',
    async ({ world, agent, ask }) => {
      await agent();
      await ask();
      await world.until('upgrade-error');
      await stages.revert.ask(world);
    },
    {
      disk: ONE,
      tree: ONE,
      hooks: [...LIVED, 'upgrade-formula 2', 'revert-formula 1', 'config-changed 1'],
      bodies: { 'upgrade-formula': 'exit 4' },
    },
  ),
];

/** The cases whose fault is outside of the agent: storage, disk, coordinator, operators. */
export const outsideRows: readonly DeedRow[] = [
  ...storageRows,
  ...(process.getuid?.() === 0 ? [fullDisk('install'), fullDisk('upgrade')] : []),
  ...coordinatorRows,
  ...operatorRows('embedded'),
  ...operatorRows('zookeeper'),
];
