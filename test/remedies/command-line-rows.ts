import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { commitAll, git } from '../servers/git-server.js';
import { filesOf, WebServer } from '../servers/web-server.js';
import type { Row } from './stage.js';

const CONFIG = 'options:\n  title: {type: string, default: a}\n  size: {type: int, default: 1}\n';

/** What a command is given, and cannot take. */
export const commandLineRows: readonly Row[] = [
  {
    code: 'usage',
    by: '--help, whose example is a line that is taken',
    run: async (stage) => {
      const said = await stage.fails('ensemble status --format nothing', /invalid/);
      const help = await stage.follow(said, /ensemble status --help/);
      await stage.follow(help, /ensemble status$/m);
    },
  },
  {
    code: 'config-option-unknown',
    by: 'one of those named',
    run: async (stage) => {
      await stage.service(CONFIG);
      const said = await stage.fails('ensemble set f titel=b', /no config option titel/);
      const option = stage.named(said, /(?<=choose one of )\w+/);
      await stage.ok(`ensemble set --no-wait f ${option}=b`);
      assert.match(await stage.ok('ensemble get f'), /\bb\b/);
    },
  },
  {
    code: 'config-value-invalid',
    by: 'get, which shows the type',
    run: async (stage) => {
      await stage.service(CONFIG);
      const said = await stage.fails('ensemble set f size=large', /size/);
      assert.match(await stage.follow(said, /ensemble get f$/m), /size .*int/);
      await stage.ok('ensemble set --no-wait f size=7');
      assert.match(await stage.ok('ensemble get f'), /\b7\b/);
    },
  },
  {
    code: 'nothing-to-undo',
    by: 'the values by their names',
    run: async (stage) => {
      await stage.service(CONFIG);
      const said = await stage.fails('ensemble set --undo f', /nothing was set since it was deployed/);
      assert.match(await stage.follow(said, /ensemble get f/), /^title +a/m);
      await stage.ok('ensemble set --no-wait f title=b');
      await stage.ok('ensemble set --no-wait --undo f');
      assert.match(await stage.ok('ensemble get f'), /^title +a/m);
    },
  },
  {
    code: 'undo-unfit',
    by: 'get, which shows what there is instead',
    run: async (stage) => {
      await stage.service(CONFIG);
      await stage.ok('ensemble set --no-wait f title=b size=2');
      await stage.ok('ensemble set --no-wait f title=c size=3');
      await stage.world.publish(2, { config: 'options:\n  name: {type: string}\n  size: {type: string}\n' });
      await stage.world.upgrade('world:f-2');
      const said = await stage.fails(
        'ensemble set --undo f',
        /title is no option of it; size is of another type/,
      );
      assert.match(await stage.follow(said, /ensemble get f/), /^name +-/m);
      await stage.ok('ensemble set --no-wait f name=b');
    },
  },
  {
    code: 'config-file-invalid',
    by: 'the line that it names',
    run: async (stage) => {
      await stage.service(CONFIG);
      await stage.file('c.yaml', 'title: b\nsizes: 7\n');
      const said = await stage.fails('ensemble set f --config c.yaml', /c\.yaml:2: sizes: .*no such option/);
      const option = stage.named(said, /size(?!s)/);
      await stage.file('c.yaml', `title: b\n${option}: 7\n`);
      await stage.ok('ensemble set --no-wait f --config c.yaml');
      assert.match(await stage.ok('ensemble get f'), /\b7\b/);
    },
  },
  {
    code: 'file-unreadable',
    by: 'a path that is there',
    run: async (stage) => {
      await stage.service(CONFIG);
      const said = await stage.fails('ensemble set f --config c.yaml', /c\.yaml cannot be read/);
      stage.named(said, /check the path/);
      await stage.file('c.yaml', 'size: 7\n');
      await stage.ok('ensemble set --no-wait f --config c.yaml');
    },
  },
  {
    code: 'file-unwritable',
    by: 'another file',
    run: async (stage) => {
      const said = await stage.fails('ensemble status --output bin', /bin cannot be written/);
      stage.named(said, /choose another file/);
      await stage.ok('ensemble status --output status.txt');
    },
  },
  {
    code: 'value-too-large',
    by: 'where the data is',
    run: async (stage) => {
      await stage.service(CONFIG);
      await stage.file('big', 'a'.repeat(1_100_000));
      const said = await stage.fails('ensemble set f title=@big', /takes at most/);
      stage.named(said, /set where the data is/);
      await stage.ok(`ensemble set --no-wait f title=${stage.world.path('big')}`);
    },
  },
  {
    code: 'not-confirmed',
    by: 'the same with --yes',
    run: async (stage) => {
      await stage.service();
      const line = 'ensemble destroy-environment';
      const said = await stage.fails(line, /would remove/);
      await stage.ok(`${line} ${stage.named(said, /--yes/)}`);
      await stage.fails('ensemble status', /not been bootstrapped/);
    },
  },
  {
    code: 'not-bootstrapped',
    by: 'bootstrap, as it is named',
    bare: true,
    run: async (stage) => {
      const said = await stage.fails('ensemble status', /not been bootstrapped/);
      await stage.follow(said, /ensemble bootstrap -e world/);
      await stage.ok('ensemble status');
    },
  },
  {
    code: 'not-bootstrapped',
    by: 'bootstrap with the URLs it was asked with',
    bare: true,
    run: async (stage) => {
      const { state, storage } = stage.world;
      const choice = `--state ${state} --storage '${storage}'`;
      const said = await stage.fails(`ensemble ${choice} status`, /not been bootstrapped/);
      await stage.follow(said, /ensemble bootstrap .*/);
      await stage.ok(`ensemble ${choice} status`);
    },
  },
  {
    code: 'not-bootstrapped',
    by: 'putting the state back where it was',
    run: async (stage) => {
      const [state, elsewhere] = [stage.world.path('state'), stage.world.path('elsewhere')];
      await rename(state, elsewhere);
      const said = await stage.fails('ensemble status', /or its state was moved: there is none in \S+state/);
      stage.named(said, /where it was bootstrapped, put its state back there/);
      await rename(elsewhere, state);
      await stage.ok('ensemble status');
    },
  },
  {
    code: 'not-bootstrapped',
    by: 'bootstrap, where there is no state at all',
    run: async (stage) => {
      await rename(stage.world.path('state'), stage.world.path('elsewhere'));
      const said = await stage.fails('ensemble status', /has not been bootstrapped, or its state was moved/);
      await stage.ok(stage.named(said, /ensemble bootstrap -e world(?=;)/));
      await stage.ok('ensemble status');
    },
  },
  {
    code: 'no-environments',
    by: 'bootstrap',
    bare: true,
    run: async (stage) => {
      await rm(stage.world.path('environments.yaml'));
      await stage.follow(await stage.fails('ensemble status', /no environments yet/), /ensemble bootstrap/);
      await stage.ok('ensemble status');
    },
  },
  {
    code: 'environment-not-found',
    by: 'another with -e',
    run: async (stage) => {
      const said = await stage.fails('ensemble -e word status', /there are: world/);
      const [, known = ''] = /there are: (\w+)/.exec(said) ?? [];
      await stage.ok(`ensemble ${stage.named(said, /-e/)} ${known} status`);
    },
  },
  {
    code: 'environments-invalid',
    by: 'the line that it names',
    run: async (stage) => {
      await stage.edit('storage:', 'storge:');
      const said = await stage.fails('ensemble status', /environments\.yaml:\d+: .*stor/);
      stage.named(said, /correct that line/);
      await stage.edit('storge:', 'storage:');
      await stage.ok('ensemble status');
    },
  },
  {
    code: 'coordinator-url-invalid',
    by: 'a URL of the form it names',
    run: async (stage) => {
      await stage.edit('state: embedded:', 'state: embeded:');
      const said = await stage.fails('ensemble status', /is no coordinator/);
      await stage.edit('state: embeded:', `state: ${stage.named(said, /embedded:(?=\/path)/)}`);
      await stage.ok('ensemble status');
    },
  },
  {
    code: 'storage-url-invalid',
    by: 'a URL of the form it names',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      await stage.edit('storage: file:', 'storage: fil:');
      const deploy = 'ensemble deploy -n 0 --repository world f';
      const said = await stage.fails(deploy, /is no storage/);
      await stage.edit('storage: fil:', `storage: ${stage.named(said, /file:(?=\/path)/)}`);
      await stage.ok(deploy);
    },
  },
  {
    code: 'storage-unreachable',
    by: 'the storage that the environment names',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      await rename(stage.world.path('storage'), stage.world.path('store'));
      await stage.file('storage', 'a file');
      const deploy = 'ensemble deploy -n 0 --repository world f';
      const said = await stage.fails(
        deploy,
        /cannot be reached for .* is a file, where a directory should be/,
      );
      stage.named(said, /the environment’s `storage` in environments.yaml/);
      await stage.edit(`file:${stage.world.path('storage')}`, `file:${stage.world.path('store')}`);
      await stage.ok(deploy);
    },
  },
  {
    code: 'system-refused',
    by: 'another place',
    run: async (stage) => {
      const where = stage.world.path('environments.yaml');
      const said = await stage.fails(
        `TMPDIR=${where} ensemble -e world prune; ENSEMBLE_HOME=${where}/below ensemble bootstrap`,
        /cannot be used/,
      );
      stage.named(said, /check the path/);
      await stage.ok(`ENSEMBLE_HOME=${stage.world.path('below')} ensemble bootstrap`);
    },
  },
  {
    code: 'node-invalid',
    by: 'restoring it',
    run: async (stage) => {
      await stage.service(CONFIG);
      const { coordinator } = stage.world;
      const sound = (await coordinator.get(paths.config('f')))?.value ?? '';
      await coordinator.set(paths.config('f'), 'no JSON');
      const said = await stage.fails('ensemble get f', /\/services\/f\/config .*is damaged/);
      stage.named(said, /restore that node/);
      await coordinator.set(paths.config('f'), sound);
      await stage.ok('ensemble get f');
    },
  },
  {
    code: 'object-key-invalid',
    by: 'restoring the record’s key',
    run: async (stage) => {
      await stage.unit();
      const { coordinator } = stage.world;
      const sound = (await coordinator.get(paths.formula('world:f-1')))?.value ?? '';
      const record: Record<string, unknown> = JSON.parse(sound);
      await coordinator.set(paths.formula('world:f-1'), JSON.stringify({ ...record, storageKey: '../x' }));
      const said = await stage.fails('ensemble upgrade-formula f', /is not the key of a stored object/);
      stage.named(said, /restore the storageKey of its record under \/formulas/);
      await coordinator.set(paths.formula('world:f-1'), sound);
      await stage.ok('ensemble upgrade-formula f');
    },
  },
  {
    code: 'no-repository',
    by: '--repository, or the variable',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      const said = await stage.fails('ensemble deploy -n 0 f', /no repository to look for f in/);
      await stage.ok(`ensemble deploy -n 0 ${stage.named(said, /--repository/)} world f`);
      await stage.ok(`${stage.named(said, /ENSEMBLE_REPOSITORY/)}=world ensemble deploy -n 0 f g`);
    },
  },
  {
    code: 'repository-not-found',
    by: '--repository',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      await mkdir(stage.world.path('elsewhere'));
      await rename(stage.world.path('world'), stage.world.path('elsewhere', 'world'));
      const said = await stage.fails('ensemble deploy -n 0 --repository world f', /is no repository/);
      await stage.ok(`ensemble deploy -n 0 ${stage.named(said, /--repository/)} elsewhere/world f`);
    },
  },
  {
    code: 'repository-url-invalid',
    by: 'a directory, or a URL as it is printed',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      const said = await stage.fails(
        'ensemble deploy -n 0 --repository ftp://example.com/world f',
        /is no URL of a repository/,
      );
      stage.named(said, /https:\/\/HOST\/PATH\/ or a directory/);
      await stage.ok('ensemble deploy -n 0 --repository world f');
    },
  },
  {
    code: 'candidate-not-found',
    by: 'a change that git is seen to have',
    run: async (stage) => {
      const world = stage.world.path('world');
      await stage.world.writeFormula(1);
      await commitAll(world);
      await git(world, 'branch', 'candidate/better');
      const deploy = (change: string): string =>
        `ensemble deploy -n 0 --repository git+file:world --candidate ${change} f`;
      const said = await stage.fails(deploy('branch:beter'), /has no candidate branch:beter/);
      const [, list = ''] = /see what is open with: (git ls-remote .*)/.exec(said) ?? [];
      assert.match(await stage.ok(list), /refs\/heads\/candidate\/better$/m);
      await stage.ok(deploy('branch:better'));
    },
  },
  {
    code: 'candidate-not-in-git',
    by: 'the git repository of the change',
    run: async (stage) => {
      const world = stage.world.path('world');
      await stage.world.writeFormula(1);
      await commitAll(world);
      await git(world, 'branch', 'candidate/better');
      const deploy = (repository: string): string =>
        `ensemble deploy -n 0 --repository ${repository} --candidate branch:better f`;
      const said = await stage.fails(deploy('world'), /is no git repository/);
      stage.named(said, /--repository git\+https:\/\/HOST\/REPO\.git/);
      await stage.ok(deploy('git+file:world'));
    },
  },
  {
    code: 'repository-unavailable',
    by: 'the same command again, when the server is there',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      await stage.ok('ensemble index world');
      const server = await WebServer.start((_request, response) => void response.writeHead(503).end());
      try {
        const deploy = `ensemble deploy -n 0 --repository ${server.url} f`;
        stage.named(await stage.fails(deploy, /it answers 503/), /the same command again/);
        server.answering = filesOf(stage.world.path('world'));
        await stage.ok(deploy);
      } finally {
        await server.stop();
      }
    },
  },
  {
    code: 'repository-known',
    by: 'the name that there is, or repository remove, as printed',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      await stage.ok('ensemble repository add ours world');
      const said = await stage.fails(
        'ensemble repository add theirs ./world/',
        /knows .* as the repository ours/,
      );
      await stage.ok(`ensemble deploy -n 0 ${stage.named(said, /--repository ours/)} f`);
      await stage.follow(said, /ensemble repository remove ours/);
      await stage.ok('ensemble repository add theirs world');
    },
  },
  {
    code: 'repository-name-in-use',
    by: 'another name, as printed',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      await stage.ok('ensemble deploy -n 0 --repository world f');
      await mkdir(stage.world.path('other'));
      const said = await stage.fails(
        'ensemble repository add world ./other',
        /the formula of the service f is called world:/,
      );
      await stage.follow(said, /ensemble repository add world2 \S+/);
      await stage.ok('ensemble repository show world2');
    },
  },
  {
    code: 'repository-unknown',
    by: 'repository add, as printed',
    run: async (stage) => {
      await stage.world.writeFormula(1);
      const said = await stage.fails('ensemble repository show ours', /no repository called ours/);
      await stage.follow(said, /ensemble repository add ours URL/, { URL: 'world' });
      await stage.ok('ensemble repository show ours');
    },
  },
  {
    code: 'bundle-unwritable',
    by: 'room where bundles are written, which TMPDIR chooses',
    run: async (stage) => {
      await stage.world.writeFormula(1, { files: { large: 'x'.repeat(10) } });
      await writeFile(
        stage.world.path('world', 'f-1', 'noise'),
        Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))),
      );
      const deploy = 'ensemble deploy -n 0 --repository world f';
      const said = await stage.fails(
        `ulimit -f 16; trap '' XFSZ; ${deploy}`,
        /the bundle .* cannot be written/,
      );
      stage.named(said, /check the disk space/);
      await stage.ok(deploy);
    },
  },
  {
    code: 'environment-not-empty',
    by: 'another path, or what destroy-environment would remove',
    run: async (stage) => {
      await stage.ok('ensemble export backup');
      await stage.ok('ensemble destroy-environment --yes');
      await stage.ok('ensemble bootstrap');
      const said = await stage.fails('ensemble import backup', /is not empty: \/layout is in/);
      const line = stage.named(said, /ensemble destroy-environment/);
      await stage.fails(line, /would remove all that is in environment world: 0 services/);
      await stage.ok(
        `ensemble import backup --state embedded:${stage.world.path('new')} --storage file:storage`,
      );
      await stage.ok(`${line} --yes`);
      await stage.ok('ensemble import backup');
      await stage.ok('ensemble status');
    },
  },
  {
    code: 'environment-imported',
    by: 'going on with it',
    run: async (stage) => {
      await stage.ok('ensemble export backup');
      assert.match(await stage.ok('ensemble import backup'), /holds what backup does already/);
      await stage.world.coordinator.create(paths.repository('ours'), '{}');
      const said = await stage.fails(
        'ensemble import backup',
        /has gone on since: \/repositories\/ours is not/,
      );
      await stage.follow(said, /ensemble status/);
    },
  },
  {
    code: 'environment-unfinished',
    by: 'the same import, as printed, or destroy-environment',
    run: async (stage) => {
      const { coordinator } = stage.world;
      await stage.ok('ensemble export backup');
      const sha256 = (await readFile(stage.world.path('backup'), 'utf8')).match(/"sha256":"(\w+)"}\n$/)?.[1];
      /** As an import leaves it that was killed. */
      const halve = async (): Promise<void> => {
        await coordinator.remove(paths.layout);
        const file = stage.world.path('backup');
        const mark = { what: 'import', file, sha256, by: 'ann@desk', since: '2026-01-01T00:00:00.000Z' };
        await coordinator.create(paths.unfinished, nodeValue(mark));
      };
      await halve();
      const said = await stage.fails('ensemble bootstrap', /an import of \S+backup was not finished/);
      await stage.fails('ensemble status', /an import of \S+backup was not finished/);
      await stage.ok(stage.named(said, /ensemble import \S+(?=;)/));
      await stage.ok('ensemble status');
      await halve();
      const again = await stage.fails('ensemble status', /was not finished/);
      const line = stage.named(again, /ensemble destroy-environment/);
      await stage.fails(line, /would remove all/);
      await stage.ok(`${line} --yes`);
      await stage.ok('ensemble import backup');
    },
  },
  {
    code: 'export-invalid',
    by: 'export once more',
    run: async (stage) => {
      await stage.ok('ensemble export backup');
      await truncate(stage.world.path('backup'), 100);
      const said = await stage.fails(
        'ensemble import backup',
        /backup is no whole export: its end is missing/,
      );
      await stage.ok(`${stage.named(said, /ensemble export/)} backup`);
      await stage.ok(
        `ensemble import backup --state embedded:${stage.world.path('new')} --storage file:storage`,
      );
    },
  },
];
