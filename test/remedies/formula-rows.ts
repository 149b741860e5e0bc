import assert from 'node:assert/strict';
import { chmod, cp, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../state/model/paths.js';
import type { Row, Stage } from './stage.js';

const DEPLOY = 'ensemble deploy -n 0 --repository world f';

/** A formula that cannot be deployed, and what is done about it: then it can. */
const author = (
  code: string,
  by: string,
  said: RegExp,
  spoil: (stage: Stage) => Promise<unknown>,
  mend: (stage: Stage, said: string) => Promise<unknown>,
): Row => ({
  code,
  by,
  run: async (stage) => {
    await stage.world.writeFormula(1);
    await spoil(stage);
    await mend(stage, await stage.fails(DEPLOY, said));
    await stage.ok(DEPLOY);
  },
});

const at = ({ world }: Stage, ...parts: string[]): string => world.path('world', 'f-1', ...parts);

/** Puts the bundle of revision 1 in the place of its directory. @returns its path */
async function bundled(stage: Stage): Promise<string> {
  const bundle = stage.world.path('world', 'f-1.tar.gz');
  await stage.world.publish(1);
  await rename(stage.world.path('f-1.tar.gz'), bundle);
  await rm(at(stage), { recursive: true });
  return bundle;
}

/** What an author or a repository gives, and cannot be used. */
export const formulaRows: readonly Row[] = [
  author(
    'hook-not-executable',
    'chmod, as it is printed',
    /the hook start is not executable/,
    (stage) => chmod(at(stage, 'hooks/start'), 0o644),
    (stage, said) => stage.follow(said, /chmod \+x \S+/),
  ),
  author(
    'hook-not-runnable',
    'a first line that names a program',
    /the hook start can never run/,
    (stage) => writeFile(at(stage, 'hooks/start'), '#!/bin/sh\r\nexit 0\r\n'),
    async (stage, said) => {
      stage.named(said, /correct the file and run the command again/);
      await writeFile(at(stage, 'hooks/start'), '#!/bin/sh\nexit 0\n');
    },
  ),
  author(
    'formula-invalid',
    'the line that it names',
    /metadata\.yaml:2: revision/,
    (stage) => writeFile(at(stage, 'metadata.yaml'), 'name: f\nrevision: one\nsummary: s\n'),
    async (stage, said) => {
      stage.named(said, /correct the file and run the command again/);
      await writeFile(at(stage, 'metadata.yaml'), 'name: f\nrevision: 1\nsummary: s\n');
    },
  ),
  author(
    'formula-entry-refused',
    'removing it',
    /cannot be part of a formula/,
    (stage) => stage.ok(`mkfifo ${at(stage, 'pipe')}`),
    async (stage, said) => {
      stage.named(said, /remove or correct it/);
      const [, path = ''] = /: (\S+) cannot be part/.exec(said) ?? [];
      await rm(path);
    },
  ),
  author(
    'formula-too-large',
    'having the hook fetch it',
    /is too large/,
    async (stage) => {
      await writeFile(at(stage, 'image'), '');
      await truncate(at(stage, 'image'), 110_000_000);
    },
    async (stage, said) => {
      stage.named(said, /let the install hook fetch large files/);
      await rm(at(stage, 'image'));
    },
  ),
  author(
    'formula-not-found',
    'the one that is meant',
    /holds no formula f\b/,
    async (stage) => {
      await rename(at(stage), stage.world.path('world', 'ff-1'));
      await writeFile(
        stage.world.path('world', 'ff-1', 'metadata.yaml'),
        'name: ff\nrevision: 1\nsummary: s\n',
      );
    },
    async (stage, said) => {
      await stage.ok(`ensemble deploy -n 0 --repository world ${stage.named(said, /(?<=did you mean )\w+/)}`);
      await stage.world.writeFormula(1);
      await rm(stage.world.path('world', 'ff-1'), { recursive: true });
    },
  ),
  author(
    'formula-contents-differ',
    'a higher revision for one of them',
    /has two different contents/,
    async (stage) => {
      await cp(at(stage), stage.world.path('world', 'f'), { recursive: true });
      await writeFile(stage.world.path('world', 'f', 'more'), 'x');
    },
    async (stage, said) => {
      const file = stage.named(said, /(?<=a higher revision into the )metadata\.yaml/);
      const [, one = ''] = / and (\S+)\n/.exec(said) ?? [];
      await writeFile(join(one, file), 'name: f\nrevision: 2\nsummary: s\n');
    },
  ),
  {
    code: 'not-a-formula',
    by: 'what is missing in it',
    run: async (stage) => {
      await mkdir(at(stage), { recursive: true });
      const said = await stage.fails('ensemble deploy -n 0 --repository world f-1', /./);
      stage.named(said, /metadata\.yaml|put the formula/);
      await stage.world.writeFormula(1);
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'bundle-damaged',
    by: 'building it again',
    run: async (stage) => {
      const bundle = await bundled(stage);
      const sound = await stage.world.path('sound');
      await cp(bundle, sound);
      await truncate(bundle, 100);
      const said = await stage.fails(DEPLOY, /is damaged/);
      stage.named(said, /fetch it or build it again/);
      await cp(sound, bundle);
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'bundle-unsafe',
    by: 'building it from the directory',
    run: async (stage) => {
      const bundle = await bundled(stage);
      const directory = await stage.world.writeFormula(1);
      await stage.ok(
        `tar -C ${directory} -czf ${bundle} --transform 's,^config-,../,' metadata.yaml hooks; touch config-x; tar -P -czf ${bundle} --transform 's,^config-,../,' -C ${directory} metadata.yaml hooks -C ${stage.world.root} config-x`,
      );
      await rm(directory, { recursive: true });
      const said = await stage.fails(DEPLOY, /is not safe to use/);
      stage.named(said, /build it again from the formula’s directory/);
      await stage.world.writeFormula(1);
      await stage.ok(`tar -C ${directory} -czf ${bundle} metadata.yaml hooks`);
      await rm(directory, { recursive: true });
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'bump-needs-directory',
    by: 'without --bump',
    run: async (stage) => {
      await bundled(stage);
      await stage.ok(DEPLOY);
      const said = await stage.fails('ensemble upgrade-formula --bump f', /a bundle is never changed/);
      await stage.ok(
        'ensemble upgrade-formula --bump f'.replace(stage.named(said, /(?<=without )--bump/), ''),
      );
    },
  },
  {
    code: 'revision-not-found',
    by: 'one that is there',
    run: async (stage) => {
      await stage.world.writeFormula(3);
      const said = await stage.fails(`${DEPLOY} --revision 2`, /holds no revision 2 of f/);
      await stage.ok(`${DEPLOY} --revision ${stage.named(said, /(?<=choose one of )\d+/)}`);
    },
  },
  {
    code: 'revision-older',
    by: 'a higher revision with the old content',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      await stage.world.writeFormula(2);
      await stage.ok(DEPLOY);
      const said = await stage.fails('ensemble upgrade-formula --revision 1 f', /goes forward only/);
      stage.named(said, /give it a higher revision than the deployed one and upgrade to that/);
      await stage.world.writeFormula(3);
      await stage.ok('ensemble upgrade-formula f');
    },
  },
  {
    code: 'formula-published-differs',
    by: '--bump',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      await stage.ok(DEPLOY);
      await writeFile(at(stage, 'more'), 'x');
      const said = await stage.fails('ensemble upgrade-formula f', /is not the world:f-1 that was published/);
      await stage.follow(said, /ensemble upgrade-formula --bump SERVICE/, { SERVICE: 'f' });
      assert.match(await stage.ok('ensemble status f'), /world:f-2/);
    },
  },
  {
    code: 'formula-not-published',
    by: 'upgrade-formula',
    run: async (stage) => {
      await stage.service('options:\n  title: {type: string, default: a}\n');
      await stage.world.coordinator.remove(paths.formula('world:f-1'));
      const said = await stage.fails('ensemble get f', /is not published in this environment/);
      await stage.shell(
        stage.named(said, /ensemble upgrade-formula --revision 1 SERVICE/, { SERVICE: 'f --timeout 1s' }),
      );
      await stage.ok('ensemble get f');
    },
  },
];
