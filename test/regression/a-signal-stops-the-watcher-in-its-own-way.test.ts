import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWatchedRepositories } from '../../control/watching/watched-repositories.js';
import { editService } from '../../state/model/services.js';
import { paths } from '../../state/model/paths.js';
import { readReports } from '../../state/model/watcher-reports.js';
import { useSandbox } from '../cli/sandbox.js';
import { eventually } from '../eventually.js';
import { type RunningWatcher, startWatcherProcess } from '../watcher/watcher-process.js';

/** What git starts for ssh: it hangs. */
const SSH = `#!/bin/sh
echo $$ >>"$PIDS"
exec sleep 1000
`;

describe('a signal, while the watcher asks a repository', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let watcher: RunningWatcher | undefined;
  afterEach(async () => {
    watcher?.process.kill('SIGKILL');
    await watcher?.ended;
    watcher = undefined;
  });

  it('has it end git, steps down, and says nothing of the repository', async () => {
    const { box } = world;
    await box.formula('guestbook', 1);
    await box.bootstrap();
    await box.ok('deploy', '--repository', box.repository, '-n', '0', 'guestbook');
    const tree = await box.coordinator();
    const path = 'git+ssh://git@forge.test/formulas.git';
    await editService(tree, 'guestbook', (service) => ({
      ...service,
      repository: { ...service.repository, path },
    }));
    const ssh = join(box.directory, 'ssh');
    const pids = join(box.directory, 'pids');
    await writeFile(ssh, SSH, { mode: 0o755 });
    watcher = startWatcherProcess(box, ['--period', '1h'], { GIT_SSH_COMMAND: ssh, PIDS: pids });
    const pid = await eventually(async () => Number((await readFile(pids, 'utf8')).split('\n')[0]));
    assert.ok(pid > 0);
    assert.notEqual(await tree.get(paths.watcherLeader), undefined, 'it leads');
    watcher.process.kill('SIGTERM');
    const { code, stderr } = await watcher.ended;
    assert.deepEqual([code, stderr], [0, ''], watcher.log());
    await eventually(() => assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }));
    assert.equal(await tree.get(paths.watcherLeader), undefined, 'it has stepped down');
    assert.deepEqual(await readReports(tree, []), []);
    assert.deepEqual(await readWatchedRepositories(tree), [], 'that was no answer');
  });
});
