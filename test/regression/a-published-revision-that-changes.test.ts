import assert from 'node:assert/strict';
import { commitAll, git } from '../servers/git-server.js';
import { FakeAgent } from '../cli/fake-agent.js';
import { useSandbox } from '../cli/sandbox.js';

describe('a published revision whose author changes it', () => {
  const world = useSandbox();

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
    await git(world.box.repository, 'init', '-q', '-b', 'main');
    await commitAll(world.box.repository);
    const repository = `git+file://${world.box.repository}`;
    const agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
    await world.box.ok('deploy', '--no-wait', '--repository', repository, 'guestbook');
    await agent.start('guestbook/0', 'principia:guestbook-1');
    await world.box.formula('guestbook', 2);
    await commitAll(world.box.repository);
    await world.box.ok('deploy', '--no-wait', '-n', '0', '--repository', repository, 'guestbook-2', 'other');
    await world.box.formula('guestbook', 2, { config: 'options:\n  title: {type: string}\n' });
    await commitAll(world.box.repository);
  });

  const said = async (...args: string[]) => {
    const { stdout, stderr, code } = await world.box.run(...args);
    return { text: `${stdout}${stderr}`, code };
  };

  it('is offered by nobody, with the reason, and a new revision is', async () => {
    const { text, code } = await said('newer', '--explain', '--exit-code', 'guestbook');
    assert.match(text, /2 +ineligible +no longer what was published as principia:guestbook-2: its author/);
    assert.equal(code, 0);
    const upgrade = await said('upgrade-formula', '--dry-run', 'guestbook');
    assert.match(upgrade.text, /no longer what was published as principia:guestbook-2/);
    await world.box.formula('guestbook', 3);
    await commitAll(world.box.repository);
    assert.match((await said('upgrade-formula', '--dry-run', 'guestbook')).text, /guestbook-3/);
  });

  it('is refused by name with a remedy that its user has', async () => {
    const { text, code } = await said('upgrade-formula', '--no-wait', '--revision', '2', 'guestbook');
    assert.equal(code, 1);
    assert.match(text, /^ensemble: file:\S+ is not the principia:guestbook-2 that was published/m);
    assert.match(
      text,
      /have its author give the changed formula a new revision, and then: ensemble upgrade-formula SERVICE/,
    );
  });
});
