import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('ensemble status of a part, drawn, and watched', () => {
  const world = useSandbox();
  let agent: FakeAgent;
  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    agent = await (await new FakeAgent(await box.coordinator()).register()).up();
    await new FakeAgent(agent.coordinator, 'host7').register();
    await box.formula('mysql', 1, { metadata: 'provides: {server: mysql}\n' });
    await box.formula('blog', 1, { metadata: 'requires: {db: mysql}\n' });
    await box.ok('deploy', '--no-wait', '--repository', 'principia', '-n', '2', '--machine', 'm0', 'mysql');
    await box.ok('deploy', '--no-wait', '--repository', 'principia', '--machine', 'host7', 'blog');
    await box.ok('deploy', '--no-wait', '--repository', 'principia', '--machine', 'm0', 'blog', 'wiki');
    await box.ok('add-relation', 'blog', 'mysql');
  });

  /** What is shown of each service. */
  const shown = async (...scopes: string[]) => {
    const { services, machines } = JSON.parse(
      (await world.box.ok('status', '--format', 'json', ...scopes)).stdout,
    );
    const units = Object.values<{ units: object }>(services).flatMap((service) => Object.keys(service.units));
    return [Object.keys(services), units, Object.keys(machines)];
  };

  const everything = [
    ['blog', 'mysql', 'wiki'],
    ['blog/0', 'mysql/0', 'mysql/1', 'wiki/0'],
    ['host7', 'm0'],
  ];

  it('shows services by name with those they are related to', async () => {
    assert.deepEqual(await shown('my*'), [
      ['blog', 'mysql'],
      ['blog/0', 'mysql/0', 'mysql/1'],
      ['host7', 'm0'],
    ]);
    assert.deepEqual(await shown('wiki'), [['wiki'], ['wiki/0'], ['m0']]);
    assert.deepEqual(await shown('*'), everything);
  });

  it('says of a service without units that no machine hosts one, and not that there are none', async () => {
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', '-n', '0', 'mysql', 'idle');
    const { stdout } = await world.box.ok('status', 'idle');
    assert.match(stdout, /^no machine hosts a unit of it; all machines: ensemble machines$/m);
    assert.doesNotMatch(stdout, /no machines; an agent registers/);
  });

  it('shows units by name, and those of a machine', async () => {
    assert.deepEqual(await shown('mysql/1'), [['mysql'], ['mysql/1'], ['m0']]);
    assert.deepEqual(await shown('*/0'), [
      ['blog', 'mysql', 'wiki'],
      ['blog/0', 'mysql/0', 'wiki/0'],
      ['host7', 'm0'],
    ]);
    assert.deepEqual(await shown('host?'), [['blog'], ['blog/0'], ['host7']]);
    assert.deepEqual(await shown('wiki', 'mysql/0'), [['mysql', 'wiki'], ['mysql/0', 'wiki/0'], ['m0']]);
  });

  it('says so where nothing has that name', async () => {
    const answer = async (scope: string) => (await world.box.run('status', scope)).stderr.split('\n')[0];
    assert.equal(await answer('no*'), 'ensemble: no service, unit or machine is called no*');
    assert.equal(await answer('nope'), 'ensemble: service nope does not exist; there are: blog, mysql, wiki');
    assert.equal(await answer('blog/7'), 'ensemble: unit blog/7 does not exist');
    assert.equal(await answer('m.*'), 'ensemble: no service, unit or machine is called m.*');
  });

  it('draws services and relations in Graphviz’s language, and as SVG', async () => {
    await world.box.ok('expose', 'blog');
    await agent.report('mysql/1', { state: 'install-error', message: 'no' });
    const { stdout } = await world.box.ok('status', '--format', 'dot');
    assert.match(stdout, /^digraph "local" \{\n[\s\S]*\n\}\n$/);
    assert.match(
      stdout,
      /\n {2}"blog" \[label=<blog \(exposed\)<br\/>principia:blog-1<br\/>blog\/0 pending>\];\n/,
    );
    // What failed looks so, and stands first.
    assert.match(
      stdout,
      /\n {2}"mysql" \[label=<mysql<br\/>.*<br\/><b><font color="red">mysql\/1 install-error<\/font><\/b><br\/>mysql\/0 pending>, color=red\];\n/,
    );
    assert.match(stdout, /\n {2}"blog" -> "mysql" \[label="db - server \(mysql\)"\];\n/);
    const part = (await world.box.ok('status', '--format', 'dot', 'blog/0')).stdout;
    assert.match(
      part,
      /\n {2}"mysql" \[style="rounded,dashed"\];\n/,
      'the other side, which was not asked for',
    );
    const svg = (await world.box.ok('status', '--format', 'svg')).stdout;
    assert.match(svg, /^<\?xml[\s\S]*<svg [\s\S]*>blog \(exposed\)<[\s\S]*<\/svg>\n$/);
  });

  it('prints it again whenever it changed, until Ctrl-C, which is success', async () => {
    const run = world.box.start(['status', '--watch', '--format', 'json', 'mysql']);
    let output = '';
    run.process.stdout?.on('data', (text: string) => {
      output += text;
    });
    const documents = () =>
      output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    const units = () => documents().at(-1)?.services.mysql.units;
    await eventually(() => assert.equal(documents().length, 1));
    await agent.report('mysql/1', { state: 'installing' });
    await eventually(() => assert.equal(units()['mysql/1'].state, 'installing'));
    await world.box.ok('add-unit', '--no-wait', 'mysql');
    await eventually(() => assert.ok(units()['mysql/2']));
    await agent.report('mysql/2', { state: 'installing' });
    await eventually(() => assert.equal(units()['mysql/2'].state, 'installing'));
    run.process.kill('SIGINT');
    const { code, stderr } = await run.ended;
    assert.deepEqual([code, stderr], [0, '']);
    const texts = documents().map((document) => JSON.stringify(document));
    assert.equal(new Set(texts).size, texts.length, 'what did not change was not printed again');
  });
});
