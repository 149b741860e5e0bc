import assert from 'node:assert/strict';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { resolvedSchema } from '../../state/model/request-schemas.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('relations from the command line', () => {
  const world = useSandbox();
  let agent: FakeAgent;
  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    agent = await (await new FakeAgent(await box.coordinator()).register()).up();
    await box.formula('mysql', 1, { metadata: 'provides: {server: mysql}\n' });
    await box.formula('blog', 1, {
      metadata: 'requires: {db: mysql, cache: {interface: redis, optional: true}}\n',
    });
  });

  const deploy = (...args: string[]) =>
    world.box.ok('deploy', '--no-wait', '--repository', 'principia', ...args);
  const status = async (...scopes: string[]) =>
    JSON.parse((await world.box.ok('status', '--format', 'json', ...scopes)).stdout);

  it('are added and removed by the names of the services', async () => {
    await deploy('mysql');
    await deploy('blog');
    const added = await world.box.ok('add-relation', 'blog', 'mysql');
    assert.equal(added.stderr, 'related blog:db and mysql:server by the interface mysql\n');
    const { services, relations } = await status();
    assert.deepEqual(services.blog.relations, { db: ['mysql'] });
    assert.deepEqual(services.mysql.relations, { server: ['blog'] });
    assert.deepEqual(relations, {
      0: { endpoints: ['blog:db', 'mysql:server'], interface: 'mysql', scope: 'global' },
    });
    const again = await world.box.run('add-relation', 'mysql:server', 'blog:db');
    assert.match(again.stderr, /^ensemble: mysql:server and blog:db are related already\n/);
    const removed = await world.box.ok('remove-relation', 'mysql', 'blog');
    assert.equal(removed.stderr, 'blog:db and mysql:server are no longer related\n');
    assert.match((await world.box.run('remove-relation', 'mysql', 'blog')).stderr, /are not related\n/);
  });

  it('that fit in several ways are all named, with the command to type', async () => {
    await world.box.formula('twice', 1, { metadata: 'requires: {first: mysql, second: mysql}\n' });
    await deploy('mysql');
    await deploy('twice');
    const { code, stderr } = await world.box.run('add-relation', 'twice', 'mysql');
    assert.equal(code, 1);
    assert.equal(
      stderr,
      'ensemble: twice and mysql can be related in 2 ways: twice:first mysql:server, twice:second mysql:server\n' +
        '  try: ensemble add-relation twice:first mysql:server\n',
    );
  });

  it('that a service requires and does not have are pointed out, unless they are optional', async () => {
    await deploy('blog');
    await deploy('mysql');
    const needs = 'blog needs a relation it does not have: ensemble add-relation blog:db SERVICE\n';
    assert.ok((await world.box.ok('status')).stdout.endsWith(`\n\n${needs}`));
    assert.deepEqual((await status()).services.blog.missingRelations, ['db']);
    await world.box.ok('add-relation', 'blog', 'mysql');
    assert.equal((await status()).services.blog.missingRelations, undefined);
    assert.match((await world.box.ok('status')).stdout, /\n0 +blog:db mysql:server +mysql +-\n$/);
  });

  it('of peers are there with the service', async () => {
    await world.box.formula('ring', 1, { metadata: 'peers: {cluster: ring}\n' });
    await deploy('ring');
    assert.deepEqual((await status()).services.ring.relations, { cluster: ['ring'] });
    assert.match((await world.box.ok('status')).stdout, /\n0 +ring:cluster +ring +peers\n/);
  });

  it('in error are shown with their reason, and resolved one by one', async () => {
    await deploy('blog');
    const relations: UnitStatus['relations'] = {
      'db:4': { state: 'error', services: ['mysql'], message: 'db-relation-changed exited 1' },
      'db:5': { state: 'up', services: ['maria'] },
    };
    await agent.report('blog/0', { state: 'started', relations });
    const unit = (await status()).services.blog.units['blog/0'];
    assert.deepEqual(unit.relations, { db: 'error' });
    assert.deepEqual(unit.relationErrors, {
      'db:4': { services: ['mysql'], message: 'db-relation-changed exited 1' },
    });
    assert.match((await world.box.ok('status')).stdout, / db:4: db-relation-changed exited 1\n/);
    const told = await world.box.ok('resolved', '--retry', 'blog/0', 'db');
    assert.match(told.stderr, /^blog\/0 is asked to run the failed hook again of relation db; /);
    const request = await readEntity(
      agent.coordinator,
      paths.relationResolved('blog/0', '4'),
      resolvedSchema,
    );
    assert.equal(request?.value.retry, true);
    const refused = await world.box.run('resolved', 'blog/0', 'db:5');
    assert.match(refused.stderr, /names no single relation in error of unit blog\/0; there are: db:4\n/);
  });

  it('open a service to the world, and close it again', async () => {
    await deploy('blog');
    assert.equal((await world.box.ok('expose', 'blog')).stderr, 'blog is now exposed\n');
    assert.equal((await world.box.ok('expose', 'blog')).stderr, 'blog was already exposed\n');
    assert.equal((await status()).services.blog.exposed, true);
    assert.match((await world.box.ok('status')).stdout, /\nblog \(exposed\) /);
    assert.equal((await world.box.ok('unexpose', 'blog')).stderr, 'blog is now not exposed\n');
    assert.equal((await status()).services.blog.exposed, false);
    await world.box.ok('expose', 'blog');
    await world.box.ok('destroy-service', 'blog');
  });

  describe('of subordinates', () => {
    beforeEach(() =>
      world.box.formula('logger', 1, {
        metadata: 'subordinate: true\nrequires: {host: {interface: ensemble-info, scope: container}}\n',
      }),
    );

    it('place their units, which are shown below those they are beside', async () => {
      await deploy('-n', '2', 'mysql');
      const deployed = await deploy('logger');
      assert.match(
        deployed.stderr,
        /\nits units come beside those .*: ensemble add-relation logger SERVICE\n/,
      );
      const { stderr } = await world.box.ok('add-relation', 'logger', 'mysql');
      assert.match(stderr, /\nadded logger\/0, logger\/1; see how far with: ensemble status\n/);
      await world.box.ok('add-unit', '--no-wait', 'mysql');
      const table = (await world.box.ok('status')).stdout;
      const lines = table.split('\n').map((line) => /^ *(mysql|logger)\/\d/.exec(line)?.[0]);
      assert.deepEqual(
        lines.filter((line) => line !== undefined),
        ['mysql/0', '  logger/0', 'mysql/1', '  logger/1', 'mysql/2', '  logger/2'],
      );
      const { services } = await status();
      assert.deepEqual(services.mysql.units['mysql/2'].subordinates, ['logger/2']);
      assert.equal(services.logger.units['logger/2'].principal, 'mysql/2');
      assert.equal(services.logger.subordinate, true);
    });

    it('cannot be counted, placed, added or removed by hand', async () => {
      for (const option of [
        ['-n', '2'],
        ['-n', '0'],
        ['--machine', 'm0'],
      ]) {
        const { code, stderr } = await world.box.run(
          'deploy',
          '--repository',
          'principia',
          'logger',
          ...option,
        );
        assert.equal(code, 2);
        assert.match(stderr, /^ensemble: principia:logger-1 is a subordinate: /);
      }
      await deploy('mysql');
      await deploy('logger');
      assert.match((await world.box.run('add-unit', 'logger')).stderr, /^ensemble: service logger is a sub/);
      await world.box.ok('add-relation', 'logger', 'mysql');
      const { code, stderr } = await world.box.run('remove-unit', 'logger/0');
      assert.equal(code, 1);
      assert.equal(
        stderr,
        'ensemble: unit logger/0 is a subordinate: it goes with mysql/0, or with the relation that placed it there\n' +
          '  try: ensemble remove-unit mysql/0, or ensemble remove-relation logger mysql\n',
      );
    });
  });
});
