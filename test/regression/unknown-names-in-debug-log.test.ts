import assert from 'node:assert/strict';
import { useSandbox } from '../cli/sandbox.js';
import { eventually } from '../eventually.js';

describe('debug-log of a name that nothing has', () => {
  const world = useSandbox();

  it('says so in one line, and goes on', async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('web', 1);
    await box.ok('deploy', '--no-wait', '--repository', 'principia', 'web');
    const said = (names: string): RegExp =>
      new RegExp(`^warning: no unit or service matches ${names} now; .*ensemble status\n$`);
    const { stdout, stderr } = await box.ok(
      'debug-log',
      '-i',
      'web',
      'wiki/0',
      'web/?',
      '-x',
      'web/0',
      'nob*',
    );
    assert.equal(stdout, '');
    assert.match(stderr, said('wiki/0, nob\\*'));
    const follow = box.start(['debug-log', '-f', '-i', 'wiki']);
    await eventually(() => assert.match(follow.stderr(), said('wiki')));
    follow.process.kill('SIGINT');
    assert.notEqual((await follow.ended).code, 0, 'the signal is what ended it');
    assert.equal((await box.ok('debug-log', '-i', 'web', '-x', 'web/*')).stderr, '');
  });
});
