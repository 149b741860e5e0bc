import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeExport } from '../../cli/export/write-export.js';
import { upgradeEnvironment } from '../../control/environment/upgrade-environment.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { nodeValue } from '../../state/model/entity.js';
import { readable } from '../../state/model/layout-known.js';
import { paths } from '../../state/model/paths.js';
import type { Benchmark } from '../benchmark.js';
import { BareClient, type BareWrite } from '../lab/bare-client.js';
import { Lab } from '../lab/lab.js';
import { inPairs, sampleOf } from '../lab/measure.js';

const MACHINE = 'm0';
const REQUESTER = { by: 'operator@host', requestedAt: '2026-01-01T00:00:00.000Z' };

/** A unit as release 0.1.0 has it. */
const oldUnit = (unit: string) => ({
  service: 'web',
  machine: MACHINE,
  formula: 'principia:web-1',
  addresses: { private: '10.0.0.1', public: '10.0.0.1' },
  ports: ['80/tcp'],
  change: `3f0c6f1e-3c1b-4a52-9f0e-${unit.replace('web/', '').padStart(12, '0')}`,
});

/** `upgrade-environment`, with its export, on a tree that release 0.1.0 made, beside the bare client writing as many nodes to the same server. */
export const changeShape: Benchmark = {
  name: 'change-shape',
  limit: 600,
  async run(quick) {
    const units = Array.from({ length: quick ? 1_000 : 10_000 }, (_, number) => `web/${number}`);
    const lab = await Lab.open({ engine: 'zookeeper' });
    try {
      const coordinator = await lab.coordinator();
      const client = await BareClient.open(lab.state);
      await makeOldTree(coordinator, client, units);
      /** The tree as it was, whoever wrote it meanwhile. */
      const back = async (): Promise<void> => {
        const lives = await Promise.all(
          units.map(async (unit) =>
            (await client.children(paths.unit(unit)))
              .filter((name) => name.startsWith('life-'))
              .map((name): BareWrite => ({ kind: 'remove', path: `${paths.unit(unit)}/${name}` })),
          ),
        );
        await client.write([...lives.flat(), ...units.flatMap((unit) => written(unit, oldUnit(unit), {}))]);
        await sayOld(coordinator);
      };
      // Each begins with the turn that does not count.
      const exports: number[] = [];
      const wholes: number[] = [];
      const { ours, floor, ratio } = await inPairs(
        quick ? 3 : 7,
        async () => {
          const begun = performance.now();
          const environment = { name: 'bench', state: lab.state, storage: '' };
          const file = join(lab.directory, 'before.export');
          let exported = Number.NaN;
          const { changed } = await upgradeEnvironment({ coordinator, environment }, REQUESTER, {
            before: async () => {
              await writeExport(coordinator, file);
              exported = performance.now() - begun;
            },
          });
          const ms = performance.now() - begun;
          exports.push(exported);
          wholes.push(ms);
          await rm(file);
          if (changed < units.length) throw new Error(`${changed} of ${units.length} units were changed`);
          await back();
          return ms - exported;
        },
        async () => {
          const incarnation = '3f9a01c2d4e5';
          const writes = units.flatMap((unit): BareWrite[] => [
            ...written(
              unit,
              { ...oldUnit(unit), incarnation, adopted: true },
              { incarnation, adopted: true },
            ),
            { kind: 'create', path: paths.life(unit, incarnation) },
          ]);
          const begun = performance.now();
          await client.write(writes);
          const ms = performance.now() - begun;
          await back();
          return ms;
        },
      );
      client.close();
      const against = `bare client, the same ${3 * units.length} writes in transactions of 500, all at once`;
      const exporting = sampleOf(exports.slice(1));
      const whole = sampleOf(wholes.slice(1));
      const wholeRatio = sampleOf(wholes.slice(1).map((ms, index) => ms / (floor.runs[index] ?? Number.NaN)));
      return {
        rows: [
          {
            what: `upgrade-environment gives ${units.length} units their incarnation, in batches of 200`,
            against,
            figure: `${ours.median.toFixed(0)} ms (floor ${floor.median.toFixed(0)} ms)`,
            value: ratio.median,
            range: [ratio.least, ratio.most],
            aim: 3,
            bound:
              'one batch after the other, each of which is read before; and all units are read twice more, to see that none was added',
          },
          {
            what: 'the same, with the export of the tree that the command makes before',
            against,
            figure: `${whole.median.toFixed(0)} ms, ${exporting.median.toFixed(0)} ms of it the export`,
            value: wholeRatio.median,
            range: [wholeRatio.least, wholeRatio.most],
            bound: 'all nodes and the names below each are read twice, to see that none changed in between',
          },
        ],
      };
    } finally {
      await lab.close();
    }
  },
};

/** What says how a unit is: its own node, and the one below its machine. */
function written(unit: string, own: object, placed: object): readonly BareWrite[] {
  return [
    { kind: 'set', path: paths.unit(unit), value: nodeValue(own) },
    { kind: 'set', path: paths.machineUnit(MACHINE, unit), value: nodeValue(placed) },
  ];
}

async function makeOldTree(
  coordinator: Coordinator,
  client: BareClient,
  units: readonly string[],
): Promise<void> {
  await coordinator.create(paths.machine(MACHINE), nodeValue({ hostname: 'host', ...readable() }));
  await coordinator.create(paths.machineUnits(MACHINE), '{}');
  await client.write(
    units.flatMap((unit): BareWrite[] => [
      { kind: 'create', path: paths.unit(unit), value: nodeValue(oldUnit(unit)) },
      { kind: 'create', path: paths.machineUnit(MACHINE, unit) },
    ]),
  );
  await sayOld(coordinator);
}

async function sayOld(coordinator: Coordinator): Promise<void> {
  const layout = { level: 1, sublevel: 0, minReader: 1, environment: 'bench' };
  await coordinator.set(paths.layout, nodeValue(layout));
}
