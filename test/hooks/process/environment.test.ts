import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { hookEnvironment } from '../../../hooks/hook-environment.js';
import { runToEnd, UnitFixture } from '../fixtures.js';

const input = {
  unit: 'my-sql/10',
  hook: 'install',
  attempt: 2,
  clientId: 'abc',
  formulaDirectory: '/units/my-sql-10/formula',
  dataDirectory: '/units/my-sql-10/data',
  socket: '/run/a.sock',
  toolDirectory: '/tools',
};

const base = {
  PATH: '/tools:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  ENSEMBLE_UNIT_NAME: 'my-sql/10',
  ENSEMBLE_SERVICE_NAME: 'my-sql',
  ENSEMBLE_FORMULA_DIR: '/units/my-sql-10/formula',
  ENSEMBLE_DATA_DIR: '/units/my-sql-10/data',
  ENSEMBLE_TOOLS: '/tools',
  ENSEMBLE_AGENT_SOCKET: '/run/a.sock',
  ENSEMBLE_CLIENT_ID: 'abc',
  ENSEMBLE_HOOK: 'install',
  ENSEMBLE_HOOK_ATTEMPT: '2',
};

const inherited = { PATH: '/bin', HOME: '/root', LANG: 'C.UTF-8', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('the environment of a hook', () => {
  it('is what the page for authors lists, with the hook tools first on the PATH and nothing else inherited', () => {
    assert.deepEqual(hookEnvironment({ ...input, inherited }), base);
  });

  it('has a usable PATH, the HOME of the list of users and no empty LANG, where the agent has none', () => {
    const environment = hookEnvironment({ ...input, inherited: {} });
    assert.match(environment.PATH ?? '', /^\/tools:.*\/usr\/bin/);
    assert.equal(environment.HOME, userInfo().homedir);
    assert.equal('LANG' in environment, false);
  });

  it('inherits the time zone and the proxies, in both spellings', () => {
    const more = { TZ: 'Europe/Berlin', http_proxy: 'http://p:1', HTTPS_PROXY: 'http://p:2', no_proxy: 'x' };
    assert.deepEqual(hookEnvironment({ ...input, inherited: { ...inherited, ...more } }), {
      ...base,
      ...more,
    });
  });

  it('names the relation and the remote unit in relation hooks; the latter is empty in broken', () => {
    const relation = { name: 'db', id: 'db:4' };
    const expected = { ...base, ENSEMBLE_RELATION: 'db', ENSEMBLE_RELATION_ID: 'db:4' };
    assert.deepEqual(hookEnvironment({ ...input, inherited, relation }), {
      ...expected,
      ENSEMBLE_REMOTE_UNIT: '',
    });
    assert.deepEqual(
      hookEnvironment({ ...input, inherited, relation: { ...relation, remoteUnit: 'blog/0' } }),
      {
        ...expected,
        ENSEMBLE_REMOTE_UNIT: 'blog/0',
      },
    );
  });

  it('names both formulas in upgrade hooks', () => {
    assert.deepEqual(
      hookEnvironment({ ...input, inherited, upgrade: { from: 'p:mysql-1', to: 'p:mysql-2' } }),
      {
        ...base,
        ENSEMBLE_FORMULA_FROM: 'p:mysql-1',
        ENSEMBLE_FORMULA_TO: 'p:mysql-2',
      },
    );
  });

  it('reaches the hook as it is: nothing of the agent or of the wrapper is added', async () => {
    // Spaces, quotes and letters beyond ASCII in every path.
    const unit = new UnitFixture('ensemble hööks \' " $HOME ');
    try {
      const script =
        '#!/usr/bin/python3\nimport json, os\nprint(json.dumps([dict(os.environ), os.getcwd()]))\n';
      unit.writeHook('install', script);
      const spec = unit.spec('install');
      const added = { ...spec.environment, LANG: 'C.UTF-8', ENSEMBLE_EXTRA: 'line 1\nline 2 ’' };
      assert.deepEqual(await runToEnd({ ...spec, environment: added }), { kind: 'succeeded' });
      const [environment, directory] = JSON.parse(readFileSync(unit.log, 'utf8'));
      assert.deepEqual(environment, added);
      assert.equal(directory, spec.formulaDirectory);
    } finally {
      unit.remove();
    }
  });
});
